import type { decidePolicy, PolicyDecision } from '../../src/reflect/decide-policy.ts';
import { fenceOf, mayAct } from './shared-work.ts';
import {
  askForTag,
  type Ledger,
  type LedgerWrite,
  listTags,
  numberOf,
  offerByAge,
  policies,
  type Replica,
  type Round,
  tagNames,
  type World,
  type Write,
} from './world.ts';

export type Decide = typeof decidePolicy;

/** One small step of one replica; it may die between any two of them. Answers a status write it sent. */
export function stepReplica(world: World, replica: Replica, decide: Decide): Write | undefined {
  const { round } = replica;
  if (round === undefined) {
    replica.round = beginRound(world, replica);
    decideAgain(world, replica, replica.round, decide);
    return undefined;
  }
  const [action, ...rest] = round.actions;
  round.actions = rest;
  if (!mayWrite(world, replica) && (action?.kind === 'record' || action?.kind === 'publish')) {
    replica.round = undefined;
    return undefined;
  }
  if (rest.length === 0) replica.round = undefined;
  switch (action?.kind) {
    case undefined:
      return undefined;
    case 'scan':
      scan(world, replica);
      return undefined;
    case 'ask':
      round.asked.set(action.tag, askForTag(world, action.tag));
      decideAgain(world, replica, round, decide);
      replica.round = round.actions.length === 0 ? undefined : round;
      return undefined;
    case 'record':
      sendRecord(world, replica, action);
      return undefined;
    case 'publish':
      return { round, to: action.to };
  }
}

function mayWrite({ shared, replicas }: World, replica: Replica): boolean {
  return shared === undefined || mayAct(shared, replicas.indexOf(replica));
}

/** Where replicas share, the write may be long on its way: whoever sent it waits, or is killed meanwhile. */
function sendRecord(world: World, replica: Replica, action: LedgerWrite['action']): void {
  const at = world.replicas.indexOf(replica);
  const write = {
    replica,
    at,
    action,
    fence: world.shared === undefined ? { replica: '', key: '', epoch: 0 } : fenceOf(world.shared, at),
  };
  if (world.shared !== undefined && world.random.onceIn(3)) {
    world.records.push(write);
    replica.round = undefined;
  } else record(world, write);
}

/** The ledger's compare and set, and what it asks of claims. Answers what must never be. */
export function record(world: World, { replica, fence, action }: LedgerWrite): string | undefined {
  const { shared } = world;
  const isHeld = shared === undefined || shared.database.isHeld(fence, shared.nowMs);
  const { selection } = replica.ledger;
  const isOvertaken =
    selection?.tag !== action.replaces?.tag || selection?.policy !== action.replaces?.policy;
  if (isOvertaken || (!isHeld && shared?.rules.writesUnfenced !== true)) replica.round = undefined;
  else {
    replica.ledger.selection = action.to;
    if (!isHeld) return `recorded ${action.to.tag} without holding the claim`;
  }
  return undefined;
}

/** Lists the tags into the ledger and publishes the revision. A failed listing changes nothing. */
export function scan(world: World, replica: Replica): void {
  const tags = listTags(world);
  if (tags === undefined) return;
  const { ledger } = replica;
  ledger.tags = tags;
  ledger.firstSeenAt = tagNames.map((_name, at) =>
    (tags & (1 << at)) === 0 ? ledger.firstSeenAt[at] : (ledger.firstSeenAt[at] ?? world.now),
  );
  if (!world.random.onceIn(10)) world.object.scanRevision = String(tags);
}

function beginRound(world: World, replica: Replica): Round {
  return {
    object: { ...world.object },
    now: world.now + replica.clockSkewMs,
    asked: new Map(),
    actions: [],
  };
}

function decideAgain(world: World, { ledger }: Replica, round: Round, decide: Decide): void {
  const { object, now, asked } = round;
  const policy = policies[object.policy];
  if (policy === undefined) return;
  const decision = decide({
    now,
    policy: policy.fingerprint,
    ranking: policy.ranking,
    published: object.published,
    recorded: ledger.selection,
    scan: {
      kind: ledger.tags === undefined ? 'none' : 'complete',
      startedAt: undefined,
      revision: ledger.tags === undefined ? undefined : String(ledger.tags),
      publishedRevision: object.scanRevision,
    },
    ...offerByAge(world, policy, ledger, now),
    asked,
    hold: object.hold,
    consent: object.consent,
    onMissing: object.onMissing,
  });
  round.actions = decision.actions;
  world.alarm ??= falseAlarm(decision, ledger);
}

/** A tag that the list has, and that ranks no lower than the one selected, is no regression. */
function falseAlarm({ verdict, held }: PolicyDecision, { tags = 0 }: Ledger): string | undefined {
  if (verdict.kind !== 'refuse' || held === undefined) return undefined;
  const isListed = (tags & (1 << numberOf(held.tag))) !== 0;
  return isListed ? `refused ${verdict.evidence.offered}, though ${held.tag} is listed` : undefined;
}
