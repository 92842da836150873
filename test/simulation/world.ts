/**
 * The world of the simulation: one registry, one ImagePolicy in an API server, and replicas with ledgers of
 * their own. Sets of tags are bit masks: bit N is the tag `v1.0.N`, so N is also what an outsider ranks by.
 */
import type { Consent, Hold, OnMissing, WaitingTag } from '../../src/policy/guard.ts';
import { makeRanking, type Ranking } from '../../src/policy/ranking.ts';
import { type Candidate, makeSelector } from '../../src/policy/select.ts';
import type { PolicyAction, PublishedSelection, RecordedSelection } from '../../src/reflect/decide-policy.ts';
import type { Random } from './random.ts';
import { type fenceOf, makeSharedWork, type SharedWork, type SharedWorkRules } from './shared-work.ts';

export const tagCount = 10;

export const tagNames: readonly string[] = Array.from({ length: tagCount }, (_, at) => `v1.0.${at}`);

/** Its number; above every other for a tag that never was (a forged status). */
export function numberOf(tag: string): number {
  return Number(tag.slice(tag.lastIndexOf('.') + 1));
}

export const policies: readonly SimulatedPolicy[] = ['>=1.0.0', '<=1.0.6', '>=1.0.3 <=1.0.8'].map(
  (range) => ({
    fingerprint: range,
    ranking: makeRanking({ order: { kind: 'semver', range } }),
    offers: new Map(),
  }),
);

export type SimulatedPolicy = {
  readonly fingerprint: string;
  readonly ranking: Ranking;
  /** What the real selector chooses from each set of tags: asked once for each. */
  readonly offers: Map<number, Candidate | undefined>;
};

export function offerOf(policy: SimulatedPolicy, tags: number): Candidate | undefined {
  if (policy.offers.has(tags)) return policy.offers.get(tags);
  const selector = makeSelector({ order: { kind: 'semver', range: policy.fingerprint } }, { now: 0 });
  for (const [at, name] of tagNames.entries()) if ((tags & (1 << at)) !== 0) selector.offer(name);
  const { selected } = selector.outcome();
  policy.offers.set(tags, selected);
  return selected;
}

/** What is offered where tags must be of an age, and what only waits for it. */
export function offerByAge(
  { minimumAgeMs, ageEvery }: Pick<World, 'minimumAgeMs' | 'ageEvery'>,
  policy: SimulatedPolicy,
  { tags = 0, firstSeenAt }: Ledger,
  now: number,
): { readonly offered: Candidate | undefined; readonly waiting: WaitingTag | undefined } {
  const best = offerOf(policy, tags);
  const isAsked = minimumAgeMs > 0 && Math.floor(now / ageEvery) % 2 === 1;
  if (!isAsked) return { offered: best, waiting: undefined };
  const old = tagNames.reduce((mask, _name, at) => {
    const seenAt = firstSeenAt[at];
    return seenAt !== undefined && now - seenAt >= minimumAgeMs ? mask | (1 << at) : mask;
  }, 0);
  const offered = offerOf(policy, tags & old);
  const isWaiting = best !== undefined && best.tag !== offered?.tag;
  return { offered, waiting: isWaiting ? { tag: best.tag, ripeAt: undefined } : undefined };
}

export type Lie = 'none' | 'truncated' | 'empty' | 'error' | 'forgets';

export type Ledger = {
  /** Tags of the last scan; undefined where there never was one. */
  tags: number | undefined;
  selection: RecordedSelection | undefined;
  /** By number of the tag. Replaced, never changed: backups share it. */
  firstSeenAt: readonly (number | undefined)[];
};

export function emptyLedger(): Ledger {
  return { tags: undefined, selection: undefined, firstSeenAt: [] };
}

/** What the API server keeps. Any write but a repository's counts the version up. */
export type ApiObject = {
  resourceVersion: number;
  policy: number;
  hold: Hold | undefined;
  consent: Consent | undefined;
  onMissing: OnMissing;
  published: PublishedSelection | undefined;
  /** The ImageRepository's `lastScanResult.revision`. */
  scanRevision: string | undefined;
};

export type Round = {
  /** The object as it was read. */
  readonly object: ApiObject;
  readonly now: number;
  readonly asked: Map<string, 'present' | 'absent' | 'unknown'>;
  actions: readonly PolicyAction[];
};

export type Replica = { ledger: Ledger; round: Round | undefined; clockSkewMs: number };

/** A status write on its way: it may arrive late, or after others. */
export type Write = { readonly round: Round; readonly to: RecordedSelection };

export type World = {
  readonly random: Random;
  now: number;
  /** How old tags must be whenever that is asked for: in turns of `ageEvery`. 0: never. */
  minimumAgeMs: number;
  readonly ageEvery: number;
  registry: number;
  lie: Lie;
  /** Bit of the tag that the registry forgets. */
  forgotten: number;
  readonly object: ApiObject;
  /** What was refused though nothing was amiss. */
  alarm: string | undefined;
  readonly replicas: Replica[];
  /** Ledgers as they were at some time, to be restored from. */
  readonly backups: Ledger[];
  readonly writes: Write[];
  /** Where all replicas are active; otherwise both act whenever they like, as two leaders do. */
  readonly shared: SharedWork | undefined;
  /** Writes to the ledger that are on their way. */
  readonly records: LedgerWrite[];
};

/** A record under way to the ledger's database, with the claim it was sent under. */
export type LedgerWrite = {
  readonly replica: Replica;
  readonly at: number;
  readonly fence: ReturnType<typeof fenceOf>;
  readonly action: Extract<PolicyAction, { kind: 'record' }>;
};

export type WorldOptions = { readonly rules?: SharedWorkRules | undefined; readonly minimumAgeMs?: number };

export function makeWorld(random: Random, { rules, minimumAgeMs = 0 }: WorldOptions = {}): World {
  const ledger = emptyLedger();
  // Drawn in any case, so that a seed means what it meant.
  const isOneLedger = random.onceIn(3) || rules !== undefined;
  const registry = 1 + random.below(1 << 5);
  const policy = random.below(policies.length);
  // A status that Flux wrote, or none.
  const tag = policies[policy] && offerOf(policies[policy], registry)?.tag;
  const published = random.onceIn(3) && tag !== undefined ? { tag, policy: undefined } : undefined;
  return {
    random,
    now: 1_000_000,
    minimumAgeMs,
    ageEvery: 7000,
    registry,
    lie: 'none',
    forgotten: 0,
    alarm: undefined,
    object: {
      resourceVersion: 1,
      policy,
      hold: undefined,
      consent: undefined,
      onMissing: random.onceIn(2) ? 'Hold' : 'Rollback',
      published,
      scanRevision: undefined,
    },
    replicas: [0, 1].map(() => ({
      ledger: isOneLedger ? ledger : emptyLedger(),
      round: undefined,
      clockSkewMs: 0,
    })),
    backups: [],
    writes: [],
    shared: rules === undefined ? undefined : makeSharedWork(2, rules),
    records: [],
  };
}

/** What a listing says, or undefined where it fails and says so. */
export function listTags({ registry, lie, forgotten, random }: World): number | undefined {
  switch (lie) {
    case 'none':
      return registry;
    case 'truncated':
      return registry & ((1 << random.below(tagCount)) - 1);
    case 'empty':
      return 0;
    case 'error':
      return undefined;
    case 'forgets':
      return registry & ~forgotten;
  }
}

/** What a HEAD says: the registry may not be reached, and what it forgets it forgets by name too. */
export function askForTag(world: World, tag: string): 'present' | 'absent' | 'unknown' {
  if (world.lie === 'error' || world.random.onceIn(8)) return 'unknown';
  const hidden = world.lie === 'forgets' ? world.forgotten : 0;
  return (world.registry & ~hidden & (1 << numberOf(tag))) === 0 ? 'absent' : 'present';
}
