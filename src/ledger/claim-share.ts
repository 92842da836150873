/** A replica that lives, as the database lists them: in the order they joined. */
export type LiveReplica = {
  readonly replica: string;
  /** Keys that it lacks of its share, by its own last count. */
  readonly lacking: number;
};

/**
 * How many of `keys` a replica may hold: all shares together are exactly all keys, and differ by one at most.
 * None for a replica that is not listed.
 */
export function shareOf(replica: string, live: readonly LiveReplica[], keys: number): number {
  const rank = live.findIndex((one) => one.replica === replica);
  if (rank === -1) return 0;
  return Math.floor(keys / live.length) + (rank < keys % live.length ? 1 : 0);
}

/** How many keys the others still lack. */
export function lackingElsewhere(replica: string, live: readonly LiveReplica[]): number {
  return live.reduce((sum, one) => sum + (one.replica === replica ? 0 : one.lacking), 0);
}

export type HeldCount = {
  readonly held: number;
  /** Of those held: already being given back. */
  readonly leaving: number;
  readonly share: number;
  readonly lackingElsewhere: number;
};

/** How many keys to give back: what is above the share, and only as many as somebody else waits for. */
export function excessOf({ held, leaving, share, lackingElsewhere: lacking }: HeldCount): number {
  return Math.max(0, Math.min(held - leaving - share, lacking - leaving));
}
