/**
 * A world in which there are claims, time, and a way to the database that fails: for sharing that would take
 * hours. The claims are held to the real ones by `claims-contract.ts`.
 */
import type { ClaimShare } from '../src/controllers/claimed-ownership.ts';
import { makeClaimedOwnership } from '../src/controllers/claimed-ownership.ts';
import type { Keys, Ownership } from '../src/controllers/ownership.ts';
import type { ClaimPlace, Claims } from '../src/ledger/claims.ts';
import { LedgerError } from '../src/ledger/errors.ts';
import { silentLog } from '../src/log.ts';
import { type ManualTiming, manualTiming } from './manual-timing.ts';
import { type ClaimsModel, makeClaimsModel } from './simulation/claims-model.ts';

export const times = { leaseDurationMs: 35_000, renewDeadlineMs: 30_000, retryPeriodMs: 5000 };

export type ClaimsWorld = {
  readonly timing: ManualTiming;
  readonly database: ClaimsModel;
  /** Keys that there is work for, seen by all replicas. */
  readonly keys: Set<string>;
  start(name: string, options?: { readonly isReleasedAtEnd?: boolean }): SharingReplica;
};

export type SharingReplica = {
  readonly ownership: Ownership;
  /** Keys that it works on, as it was told. */
  readonly working: ReadonlySet<string>;
  readonly share: ClaimShare | undefined;
  /** Nothing it asks is answered. */
  isCutOff: boolean;
  /** What is let go has not ended yet. */
  isBusy: boolean;
  /** What is under way ends. */
  finish(): void;
  /** Keys that it may write for now. */
  held(): readonly string[];
  stop(): Promise<void>;
};

/** How long an answer is waited for. */
const answerMs = 10_000;

export function makeClaimsWorld(keys: readonly string[], random?: () => number): ClaimsWorld {
  const timing = manualTiming(random);
  const database = makeClaimsModel();
  const wanted = new Set(keys);
  return {
    timing,
    database,
    keys: wanted,
    start: (name, { isReleasedAtEnd = true } = {}) =>
      startReplica({ timing, database, wanted, name, isReleasedAtEnd }),
  };
}

type ReplicaStart = {
  readonly timing: ManualTiming;
  readonly database: ClaimsModel;
  readonly wanted: ReadonlySet<string>;
  readonly name: string;
  readonly isReleasedAtEnd: boolean;
};

function startReplica({ timing, database, wanted, name, isReleasedAtEnd }: ReplicaStart): SharingReplica {
  const working = new Set<string>();
  const stopping = new AbortController();
  let endings: (() => void)[] = [];
  let share: ClaimShare | undefined;
  const claims = claimsOf(database, { scope: 'one', replica: name }, timing, () => replica.isCutOff);
  const ownership = makeClaimedOwnership({
    claims,
    times,
    isReleasedAtEnd,
    onShare: (now) => {
      share = now;
    },
    timing,
    log: silentLog,
  });
  const forget = (keys: Keys) => [...working].filter(keys).forEach((key) => working.delete(key));
  const ended = ownership.share(
    {
      wanted: () => new Set(wanted),
      gain: (keys) => [...wanted].filter(keys).forEach((key) => working.add(key)),
      lose: forget,
      async letGo(keys) {
        if (replica.isBusy) await new Promise<void>((resolve) => endings.push(resolve));
        forget(keys);
      },
    },
    stopping.signal,
  );
  const replica: SharingReplica = {
    ownership,
    working,
    get share() {
      return share;
    },
    isCutOff: false,
    isBusy: false,
    finish() {
      endings.forEach((end) => end());
      endings = [];
    },
    held: () => [...wanted].filter((key) => ownership.holds(key)),
    async stop() {
      stopping.abort(new Error('stopped'));
      await ended;
    },
  };
  return replica;
}

/** The port, over the model: answers at once, or not at all. */
export function claimsOf(
  database: ClaimsModel,
  place: ClaimPlace,
  timing: Pick<ManualTiming, 'elapsedMs' | 'schedule'>,
  isCutOff: () => boolean = () => false,
): Claims {
  async function ask<Answer>(answer: () => Answer): Promise<Answer> {
    if (!isCutOff()) return answer();
    await new Promise<void>((resolve) => {
      timing.schedule(answerMs, resolve);
    });
    throw new LedgerError('LEDGER_UNREACHABLE', 'no answer in time', { retryable: true });
  }
  const { replica } = place;
  return {
    place,
    takeTurn: (turn) => ask(() => database.takeTurn(replica, turn, timing.elapsedMs())),
    release: (keys) => ask(() => database.release(replica, keys, timing.elapsedMs())),
    leave: () => ask(() => database.leave(replica, timing.elapsedMs())),
    close: async () => undefined,
  };
}
