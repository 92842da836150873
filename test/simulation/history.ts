/**
 * One history: a seed drives a registry that grows, loses tags and lies, replicas that die between any two steps
 * and come back with other ledgers, writes that are lost or arrive late, and people who change their minds. After
 * every write of the status it is checked that it did not go back.
 */
import { decidePolicy } from '../../src/reflect/decide-policy.ts';
import { seededRandom } from './random.ts';
import { type Decide, record, scan, stepReplica } from './replica.ts';
import {
  mayAct,
  type SharedWork,
  type SharedWorkRules,
  stepSharedWork,
  takeOverAlone,
} from './shared-work.ts';
import {
  type ApiObject,
  emptyLedger,
  type Ledger,
  type Lie,
  makeWorld,
  numberOf,
  offerOf,
  policies,
  type Replica,
  tagCount,
  tagNames,
  type World,
  type Write,
} from './world.ts';

export type HistoryOptions = {
  /** The real one, or a broken one that must be found out. */
  readonly decide?: Decide;
  /** False: the API server takes any write, as if nobody compared and set. */
  readonly comparesAndSets?: boolean;
  /** All replicas are active and share the work, by these rules; undefined: whoever thinks that it leads acts. */
  readonly sharing?: SharedWorkRules;
  /** Tags must be so old, from time to time; undefined: never. */
  readonly minimumAgeMs?: number;
};

/** What went wrong in a history. */
export type Violation = { readonly seed: number; readonly step: number; readonly what: string };

const stepsMax = 60;

/** Steps in which a world where nothing fails any more must come to rest. */
const restMax = 40;

/** Plays one history to its end, or to what went wrong in it. */
export function playHistory(seed: number, options: HistoryOptions = {}): Violation | undefined {
  const { decide = decidePolicy, comparesAndSets = true, sharing, minimumAgeMs } = options;
  const world = makeWorld(seededRandom(seed), {
    rules: sharing,
    ...(minimumAgeMs === undefined ? {} : { minimumAgeMs }),
  });
  for (let step = 0; step < stepsMax; step += 1) {
    const what = playStep(world, decide, comparesAndSets);
    if (what !== undefined) return { seed, step, what };
  }
  const what = comeToRest(world, decide, comparesAndSets);
  return what === undefined ? undefined : { seed, step: stepsMax, what };
}

function playStep(world: World, decide: Decide, comparesAndSets: boolean): string | undefined {
  const { random, writes, shared } = world;
  if (shared !== undefined && random.onceIn(2)) return playSharing(world, shared);
  const chance = random.below(100);
  // Both replicas act at any time: a Lease can be stolen, and a paused leader does not know.
  const replica = world.replicas[random.below(world.replicas.length)];
  if (replica === undefined) return undefined;
  if (chance < 60) {
    const isIdle = replica.round === undefined;
    if (isIdle && shared !== undefined && !mayAct(shared, world.replicas.indexOf(replica))) return undefined;
    const write = stepReplica(world, replica, decide);
    if (world.alarm !== undefined) return world.alarm;
    if (write === undefined) return undefined;
    if (random.onceIn(4)) return void writes.push(write);
    return random.onceIn(12) ? undefined : applyWrite(world, write, comparesAndSets);
  }
  if (chance < 65) {
    const [write] = writes.splice(random.below(writes.length), 1);
    return write && applyWrite(world, write, comparesAndSets);
  }
  if (chance < 70) scan(world, replica);
  else if (chance < 80) disturbReplica(world, replica);
  else if (chance < 92) disturbRegistry(world);
  else changeObject(world);
  return undefined;
}

/** A record arrives, or something becomes of the claims. */
function playSharing(world: World, shared: SharedWork): string | undefined {
  const { random, records } = world;
  if (records.length > 0 && random.onceIn(3)) {
    const [write] = records.splice(random.below(records.length), 1);
    return write && record(world, write);
  }
  return stepSharedWork(shared, random);
}

/** The API server's compare and set, and the one thing that may never happen. */
function applyWrite({ object }: World, { round, to }: Write, comparesAndSets: boolean): string | undefined {
  if (comparesAndSets && round.object.resourceVersion !== object.resourceVersion) return undefined;
  const before = object.published;
  object.published = to;
  object.resourceVersion += 1;
  if (before === undefined || numberOf(to.tag) >= numberOf(before.tag)) return undefined;
  const isPolicyChanged =
    before.policy !== undefined && before.policy !== policies[object.policy]?.fingerprint;
  if (isPolicyChanged || object.consent?.tag === to.tag) return undefined;
  if (object.onMissing === 'Rollback' && round.asked.get(before.tag) === 'absent') return undefined;
  return `went back from ${before.tag} (${before.policy}) to ${to.tag} (${to.policy})`;
}

function disturbReplica(world: World, replica: Replica): void {
  const { random, backups, shared } = world;
  replica.round = undefined;
  const restore = (ledger: Ledger): void => {
    // One database is the ledger of all.
    if (shared === undefined) replica.ledger = ledger;
    else Object.assign(replica.ledger, ledger);
  };
  switch (random.below(6)) {
    case 0:
      restore(emptyLedger());
      break;
    case 1:
      backups.push({ ...replica.ledger });
      break;
    case 2:
      // Restored from yesterday, or from another replica.
      restore({ ...(backups[random.below(backups.length)] ?? replica.ledger) });
      break;
    case 3:
      // A ledger of somebody else, of the same image.
      restore({ ...emptyLedger(), tags: random.below(1 << tagCount) });
      break;
    case 4:
      replica.clockSkewMs = (random.below(21) - 10) * 1000;
      break;
    default:
      // Killed: what it was about to do is forgotten.
      break;
  }
}

const lies: readonly Lie[] = ['none', 'truncated', 'empty', 'error', 'forgets'];

function disturbRegistry(world: World): void {
  const { random } = world;
  world.now += 1000;
  if (random.onceIn(2)) {
    world.lie = lies[random.below(lies.length)] ?? 'none';
    world.forgotten = 1 << random.below(tagCount);
  } else if (random.onceIn(4)) {
    world.registry &= ~(1 << random.below(tagCount));
  } else {
    world.registry |= 1 << random.below(tagCount);
  }
}

function changeObject({ object, random, now }: World): void {
  object.resourceVersion += 1;
  const tag = tagNames[random.below(tagCount)] ?? '';
  switch (random.below(7)) {
    case 0:
    case 1:
      changePolicy(object, random.below(policies.length));
      break;
    case 2:
      object.consent = { tag, by: 'somebody', reason: undefined };
      break;
    case 3:
      object.hold = {
        reason: 'a freeze',
        expiresAt: random.onceIn(2) ? undefined : now + random.below(10_000),
      };
      break;
    case 4:
      object.onMissing = object.onMissing === 'Hold' ? 'Rollback' : 'Hold';
      break;
    default:
      object.consent = undefined;
      object.hold = undefined;
  }
}

/** What Flux wrote has no fingerprint: that the spec changed since is seen by the generation. */
function changePolicy(object: ApiObject, policy: number): void {
  if (object.policy !== policy && object.published !== undefined && object.published.policy === undefined) {
    object.published = { tag: object.published.tag, policy: 'generation 1' };
  }
  object.policy = policy;
}

/** Once nothing fails any more, the best tag is selected, or one above it is kept. */
function comeToRest(world: World, decide: Decide, comparesAndSets: boolean): string | undefined {
  const { object } = world;
  Object.assign(world, { lie: 'none' });
  Object.assign(object, { hold: undefined, consent: undefined, resourceVersion: object.resourceVersion + 1 });
  const [replica] = world.replicas;
  if (replica === undefined) return undefined;
  replica.round = undefined;
  const stuck = world.shared && takeOverAlone(world.shared);
  if (stuck !== undefined) return stuck;
  world.records.length = 0;
  scan(world, replica);
  world.minimumAgeMs = 0;
  for (let step = 0; step < restMax; step += 1) {
    const write = stepReplica(world, replica, decide);
    const what = write && applyWrite(world, write, comparesAndSets);
    if (what !== undefined) return what;
  }
  const policy = policies[object.policy];
  const best = policy && offerOf(policy, world.registry);
  if (best === undefined || object.published?.tag === best.tag) return undefined;
  const { published } = object;
  const { selection } = replica.ledger;
  const isHeldByLedger =
    published === undefined && selection?.policy === policy?.fingerprint && object.onMissing === 'Hold';
  if (isHeldByLedger && selection !== undefined && numberOf(selection.tag) > numberOf(best.tag))
    return undefined;
  if (published === undefined) return `selected nothing, though ${best.tag} is there`;
  if (numberOf(published.tag) > numberOf(best.tag) && published.policy === policy?.fingerprint)
    return undefined;
  return `stays at ${published.tag} (${published.policy}), though ${best.tag} is the best`;
}
