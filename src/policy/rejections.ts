/** Why tags were not chosen: how many for one reason, and a few of them. */
export type Reason = {
  readonly reason: string;
  readonly count: number;
  /** The least ones by their code units, so that they are the same in whatever order tags come. */
  readonly examples: readonly string[];
};

/** Texts named for one reason: enough to recognise it by. */
export const examplesMax = 3;

/** Counts tags by the reason against them, and remembers a few of each. */
export class Rejections {
  readonly #noted = new Map<string, { count: number; examples: string[] }>();

  count(text: string, reason: string): void {
    const noted = this.#noted.get(reason);
    if (noted === undefined) {
      this.#noted.set(reason, { count: 1, examples: [text] });
      return;
    }
    noted.count += 1;
    insert(noted.examples, text);
  }

  /** Most frequent first. */
  list(): readonly Reason[] {
    return [...this.#noted].map(([reason, noted]) => ({ reason, ...noted })).sort(mostFirst);
  }
}

/** Step by step: a million tags may each be less than all before, and sorting would cost more than selecting. */
function insert(examples: string[], text: string): void {
  const greatest = examples[examplesMax - 1];
  if (greatest !== undefined && text >= greatest) return;
  let at = 0;
  for (let known = examples[0]; known !== undefined && text > known; known = examples[at]) at += 1;
  if (examples[at] === text) return;
  for (let to = Math.min(examples.length, examplesMax - 1); to > at; to -= 1) {
    examples[to] = examples[to - 1] ?? text;
  }
  examples[at] = text;
}

/** Most frequent first; of those as frequent, by their words. */
export function mostFirst(one: Reason, other: Reason): number {
  return other.count - one.count || (one.reason < other.reason ? -1 : 1);
}
