/**
 * All replicas active: each acts only while it believes that it holds the claim. Its turns may be late, lost or
 * answered late, it may sleep past its time, and the database may forget the claims.
 */
import { type HeldClaims, makeHeldClaims } from '../../src/ledger/held-claims.ts';
import { type ClaimsModel, type ClaimsRules, makeClaimsModel } from './claims-model.ts';
import type { Random } from './random.ts';

export type SharedWorkRules = ClaimsRules & {
  /** Mistakes that must be found out. */
  readonly believesForGood?: boolean;
  readonly countsFromAnswer?: boolean;
  readonly writesUnfenced?: boolean;
};

export type SharedWork = {
  readonly rules: SharedWorkRules;
  readonly database: ClaimsModel;
  readonly members: readonly Member[];
  nowMs: number;
  /** Until when two may believe that they hold it: the database forgot what it had promised. */
  forgottenUntilMs: number;
};

type Member = { readonly name: string; readonly held: HeldClaims; turn: Turn | undefined };

/** A turn on its way: there, or back with what the database said. */
type Turn = { readonly askedMs: number; readonly held: ReadonlyMap<string, number> | undefined };

/** The one key of a world with one list of tags. */
export const listKey = 'list';

const durationMs = 3500;
const reliedOnMs = 3000;
const sleepMsMax = 1500;

export function makeSharedWork(replicas: number, rules: SharedWorkRules): SharedWork {
  return {
    rules,
    database: makeClaimsModel(rules),
    members: Array.from({ length: replicas }, (_, at) => ({
      name: String(at),
      held: makeHeldClaims(),
      turn: undefined,
    })),
    nowMs: 0,
    forgottenUntilMs: 0,
  };
}

/** Whether a replica believes that it may act. */
export function mayAct({ members, nowMs, rules }: SharedWork, at: number): boolean {
  const held = members[at]?.held;
  if (rules.believesForGood === true) return held?.epochs.has(listKey) === true;
  return held?.holds(listKey, nowMs) === true;
}

export function fenceOf({ members }: SharedWork, at: number) {
  return { replica: String(at), key: listKey, epoch: members[at]?.held.epochs.get(listKey) ?? 0 };
}

/** Time, and one thing that happens to claims. Answers what must never be. */
export function stepSharedWork(work: SharedWork, random: Random): string | undefined {
  work.nowMs += random.below(sleepMsMax);
  const member = work.members[random.below(work.members.length)];
  if (member === undefined) return undefined;
  const { name, held } = member;
  switch (random.below(12)) {
    case 0:
      // Given back between two runs, and between two turns.
      if (member.turn !== undefined) break;
      held.drop([listKey]);
      work.database.release(name, [listKey], work.nowMs);
      break;
    case 1:
      // Killed, and begun anew.
      held.dropAll();
      member.turn = undefined;
      break;
    case 2:
      if (random.onceIn(4)) {
        work.database.forget();
        work.forgottenUntilMs = work.nowMs + durationMs;
      }
      break;
    default:
      moveTurn(work, member, random);
  }
  return findTwoHolders(work);
}

/** One leg of a turn: asked, carried out, answered. Each may be the last. */
function moveTurn(work: SharedWork, member: Member, random: Random): void {
  const { turn } = member;
  if (turn === undefined) member.turn = { askedMs: work.nowMs, held: undefined };
  else if (turn.held === undefined) {
    const isLost = random.onceIn(8);
    const { held } = isLost
      ? { held: undefined }
      : work.database.takeTurn(member.name, { wanted: [listKey], durationMs }, work.nowMs);
    member.turn = held === undefined || random.onceIn(8) ? undefined : { askedMs: turn.askedMs, held };
  } else {
    const fromMs = work.rules.countsFromAnswer === true ? work.nowMs : turn.askedMs;
    member.held.renew(turn.held, fromMs + reliedOnMs, work.nowMs);
    member.turn = undefined;
  }
}

function findTwoHolders(work: SharedWork): string | undefined {
  if (work.nowMs < work.forgottenUntilMs) return undefined;
  const holders = work.members.filter((_member, at) => mayAct(work, at)).map(({ name }) => name);
  return holders.length > 1 ? `replicas ${holders.join(' and ')} act at once` : undefined;
}

/** All others are silent: the first takes over within the time that a claim holds. */
export function takeOverAlone(work: SharedWork): string | undefined {
  work.nowMs += durationMs;
  const [first] = work.members;
  if (first === undefined) return undefined;
  const { held } = work.database.takeTurn(first.name, { wanted: [listKey], durationMs }, work.nowMs);
  first.held.renew(held, work.nowMs + reliedOnMs, work.nowMs);
  return mayAct(work, 0) ? undefined : 'nobody takes over';
}
