import type { LeaderTimes } from '../cluster/leader-times.ts';
import { describeError } from '../errors.ts';
import { excessOf } from '../ledger/claim-share.ts';
import type { Claims, ClaimTurnOutcome } from '../ledger/claims.ts';
import { LedgerError } from '../ledger/errors.ts';
import { makeHeldClaims } from '../ledger/held-claims.ts';
import type { Log } from '../log.ts';
import { type Timing, wait } from '../timing.ts';
import { makeKeyedLock } from './keyed-lock.ts';
import { aborted, everyKey, type Holder, type Ownership } from './ownership.ts';

export type ClaimedOptions = {
  readonly claims: Claims;
  /** As for a lease: how long a claim holds, how long it is relied on, and how often it is renewed. */
  readonly times: LeaderTimes;
  /** Whether claims are given back at the end, or run out by themselves. */
  readonly isReleasedAtEnd: boolean;
  readonly onShare?: (share: ClaimShare) => void;
  readonly timing: Timing;
  readonly log: Log;
};

/** How it stands with sharing. Cut off from the ledger: nothing held, no replicas known. */
export type ClaimShare = { readonly held: number; readonly share: number; readonly replicas: number };

/** From a new key until claims are looked at: many come together. */
const gatherMs = 100;

/** Part of the period between turns that is left to chance, so that replicas do not come together. */
const jitter = 0.2;

/**
 * Owns the keys that this replica claims in the ledger's database: its share of them. One that dies is followed
 * by others within `leaseDurationMs` and a turn; one that is cut off stops by itself before that.
 */
export function makeClaimedOwnership(options: ClaimedOptions): Ownership {
  const { claims, times, timing, log } = options;
  const held = makeHeldClaims();
  // Of two questions at once, the later answer could be the older one.
  const locked = makeKeyedLock();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => locked('claims', work);
  /** Being let go: nobody else's yet. */
  const ending = new Set<string>();
  let isEnding = false;
  const goodbyes = new Set<Promise<void>>();
  let wanted: ReadonlySet<string> = new Set();
  let callOffDeadline = (): void => undefined;
  let wakeUp = new AbortController();

  /** Loses all when time is over, also while a renewal hangs. A timer may come a moment early. */
  function watchDeadline(holder: Holder): void {
    callOffDeadline();
    const leftMs = held.untilMs - timing.elapsedMs();
    if (leftMs <= 0) loseAll(holder);
    else callOffDeadline = timing.schedule(leftMs, () => watchDeadline(holder));
  }

  function loseAll(holder: Holder): void {
    const lost = new Set(held.dropAll());
    options.onShare?.({ held: 0, share: 0, replicas: 0 });
    if (lost.size === 0) return;
    log.write('warn', 'claims are lost', { claims: lost.size, why: 'not renewed in time' });
    holder.lose((key) => lost.has(key));
  }

  function take(outcome: ClaimTurnOutcome, untilMs: number, holder: Holder): void {
    const { gained, lost } = held.renew(outcome.held, untilMs, timing.elapsedMs());
    const { share, replicas } = outcome;
    const state = { held: held.epochs.size, share, replicas };
    options.onShare?.(state);
    watchDeadline(holder);
    tell('warn', 'claims are lost', lost, state, (keys) => holder.lose(keys));
    tell('info', 'claims are taken', gained, state, (keys) => holder.gain(keys));
  }

  function tell(
    level: 'warn' | 'info',
    message: string,
    keys: readonly string[],
    state: ClaimShare,
    call: (keys: (key: string) => boolean) => void,
  ): void {
    if (keys.length === 0) return;
    log.write(level, message, { claims: keys.length, ...state });
    const those = new Set(keys);
    call((key) => those.has(key));
  }

  /** What nobody works on any more, and what is above our share and missing in another's. */
  function surplusOf({ share, lackingElsewhere }: ClaimTurnOutcome): readonly string[] {
    const staying = [...held.epochs.keys()].filter((key) => !ending.has(key));
    const useful = staying.filter((key) => wanted.has(key));
    const leaving = ending.size;
    const count = excessOf({ held: useful.length + leaving, leaving, share, lackingElsewhere });
    return [...staying.filter((key) => !wanted.has(key)), ...useful.slice(0, count)];
  }

  function giveBack(keys: readonly string[], holder: Holder): void {
    if (keys.length === 0) return;
    const goodbye = sayGoodbye(keys, holder).finally(() => goodbyes.delete(goodbye));
    goodbyes.add(goodbye);
  }

  async function sayGoodbye(keys: readonly string[], holder: Holder): Promise<void> {
    const those = new Set(keys);
    log.write('info', 'claims are given back', { claims: keys.length });
    for (const key of keys) ending.add(key);
    await holder.letGo((key) => those.has(key));
    // Between two turns, so that no answer on its way tells of what is given back.
    await inTurn(async () => {
      held.drop(keys);
      for (const key of keys) ending.delete(key);
      // What cannot be given back is told of again by the next turn, or runs out.
      await claims.release(keys).catch((error: unknown) => warn('cannot give claims back', error));
    });
  }

  async function turn(holder: Holder): Promise<void> {
    wanted = isEnding ? new Set() : holder.wanted();
    const askedMs = timing.elapsedMs();
    try {
      const outcome = await claims.takeTurn({ wanted: [...wanted], durationMs: times.leaseDurationMs });
      take(outcome, askedMs + times.renewDeadlineMs, holder);
      if (!isEnding) giveBack(surplusOf(outcome), holder);
    } catch (error) {
      warn('cannot renew the claims', error);
    }
  }

  function warn(what: string, error: unknown): void {
    if (!(error instanceof LedgerError)) throw error;
    log.write('warn', `${what}: ${describeError(error)}`);
  }

  async function renew(holder: Holder, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      wakeUp = new AbortController();
      await inTurn(() => turn(holder));
      const periodMs = times.retryPeriodMs * (1 + jitter * timing.random());
      await wait(timing, periodMs, AbortSignal.any([over, wakeUp.signal])).catch(() => undefined);
      if (wakeUp.signal.aborted) await wait(timing, gatherMs, over).catch(() => undefined);
    }
  }

  async function leave(): Promise<void> {
    held.dropAll();
    options.onShare?.({ held: 0, share: 0, replicas: 0 });
    if (!options.isReleasedAtEnd) return;
    await inTurn(() => claims.leave().catch((error: unknown) => warn('cannot give claims back', error)));
  }

  const holds = (key: string): boolean => held.holds(key, timing.elapsedMs());
  return {
    holds,
    mayBegin: (key) => holds(key) && !isEnding && !ending.has(key),
    fenceOf(key) {
      const epoch = held.epochs.get(key);
      // One that is not held any more is refused by the ledger, too.
      return { ...claims.place, key, epoch: epoch ?? 0 };
    },
    want(key) {
      if (!wanted.has(key)) wakeUp.abort();
    },
    async share(holder, signal) {
      const over = new AbortController();
      const renewing = renew(holder, over.signal);
      await Promise.race([aborted(signal), renewing]);
      isEnding = true;
      await holder.letGo(everyKey);
      await Promise.all(goodbyes);
      over.abort();
      await renewing;
      callOffDeadline();
      await leave();
    },
    notReady() {
      if (timing.elapsedMs() < held.untilMs) return undefined;
      return 'the claims are not renewed: the ledger does not answer';
    },
  };
}
