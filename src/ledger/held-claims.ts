/** What one turn changed for this replica. A key that was lost and taken again is in both. */
export type ClaimChanges = { readonly gained: readonly string[]; readonly lost: readonly string[] };

/**
 * What a replica knows of its own claims: no I/O, no clock. All are renewed together, so one instant ends them
 * all. Instants are `Timing.elapsedMs`.
 */
export interface HeldClaims {
  /** False as soon as the database may have given the key to another, even while nobody told us. */
  holds(key: string, nowMs: number): boolean;
  /** From when on nothing is held without another turn. */
  readonly untilMs: number;
  readonly epochs: ReadonlyMap<string, number>;
  /**
   * Takes what a turn answered. It holds until `untilMs`, which is counted from before the turn was asked for:
   * the database counts from later. One that came too late gains nothing.
   */
  renew(held: ReadonlyMap<string, number>, untilMs: number, nowMs: number): ClaimChanges;
  /** Forgets keys that are given back. */
  drop(keys: readonly string[]): void;
  /** Forgets all, and answers what there was. */
  dropAll(): readonly string[];
}

export function makeHeldClaims(): HeldClaims {
  let epochs = new Map<string, number>();
  let untilMs = Number.NEGATIVE_INFINITY;

  function dropAll(): readonly string[] {
    const lost = [...epochs.keys()];
    epochs = new Map();
    untilMs = Number.NEGATIVE_INFINITY;
    return lost;
  }

  return {
    holds: (key, nowMs) => nowMs < untilMs && epochs.has(key),
    get untilMs() {
      return untilMs;
    },
    get epochs() {
      return epochs;
    },
    renew(held, until, nowMs) {
      if (nowMs >= until) return { gained: [], lost: dropAll() };
      const before = epochs;
      epochs = new Map(held);
      untilMs = until;
      const changed = (key: string): boolean => held.get(key) !== before.get(key);
      return {
        gained: [...held.keys()].filter(changed),
        lost: [...before.keys()].filter(changed),
      };
    },
    drop(keys) {
      for (const key of keys) epochs.delete(key);
    },
    dropAll,
  };
}
