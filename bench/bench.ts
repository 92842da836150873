/** What a benchmark is, and what it answers. `npm run bench -- NAME` runs one and prints its rows. */
export type Bench = {
  readonly name: string;
  readonly summary: string;
  /** Everything compared is measured in this one run, so that the ratios hold on any machine. */
  run(say: (line: string) => void): Promise<readonly BenchRow[]>;
};

export type BenchRow = {
  readonly name: string;
  readonly unit: 's' | 'MB';
  readonly ours: number;
  /** The peer or the bare work we compare with; absent where it is missing on this machine, and `note` says so. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** What we aim at, e.g. `<= 2.5x`. */
  readonly aim?: string;
  readonly note?: string;
};

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
