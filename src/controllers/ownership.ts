/**
 * What this replica works on. There is one idea of it, and two ways to come by it: whoever leads owns every key;
 * where all replicas are active, each owns the keys that it has claimed. A key is what is worked on by one
 * replica at a time: a list of tags, with every ImageRepository and ImagePolicy that looks at it.
 */
import type { Leadership } from '../cluster/leader.ts';
import type { ClaimFence } from '../ledger/claims.ts';

/** Some of the keys. */
export type Keys = (key: string) => boolean;

export const everyKey: Keys = () => true;

/** Whatever does the work of the keys that are owned. */
export interface Holder {
  /** Every key that there is work for, in whatever replica. */
  wanted(): ReadonlySet<string>;
  /** Work may begin. */
  gain(keys: Keys): void;
  /** Work must stop at once, and write no more. */
  lose(keys: Keys): void;
  /** Resolves when what is under way has ended; it may write until then. */
  letGo(keys: Keys): Promise<void>;
}

export interface Ownership {
  /** Asked before each write: false as soon as another could own the key, even while nobody told us. */
  holds(key: string): boolean;
  /** Asked before anything is begun: false also where the key is being let go. */
  mayBegin(key: string): boolean;
  /** What the ledger is to check with a write; undefined where it knows nothing of owners. */
  fenceOf(key: string): ClaimFence | undefined;
  /** There is work for this key: somebody should own it soon. */
  want(key: string): void;
  /** Tells the holder what it gains and loses, until all is lost for good or the signal asks and all is let go. */
  share(holder: Holder, signal: AbortSignal): Promise<void>;
  /** What keeps this replica from owning its part; undefined where nothing does. */
  notReady(): string | undefined;
}

/** Owns every key for as long as it leads. */
export function ownWhileLeading(leadership: Leadership): Ownership {
  const holds = (): boolean => leadership.isLeader() && !leadership.signal.aborted;
  let isEnding = false;
  return {
    holds,
    mayBegin: () => holds() && !isEnding,
    fenceOf: () => undefined,
    want: () => undefined,
    async share(holder, signal) {
      if (leadership.signal.aborted) return;
      holder.gain(everyKey);
      await aborted(AbortSignal.any([leadership.signal, signal]));
      isEnding = true;
      if (leadership.signal.aborted) holder.lose(everyKey);
      else await holder.letGo(everyKey);
    },
    notReady: () => undefined,
  };
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
