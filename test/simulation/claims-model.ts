/**
 * Claims in memory, as PostgreSQL keeps them: held to the same contract as the real ones. Instants are the
 * database's.
 */
import { type LiveReplica, lackingElsewhere, shareOf } from '../../src/ledger/claim-share.ts';
import type { ClaimFence, ClaimTurn, ClaimTurnOutcome } from '../../src/ledger/claims.ts';

export type ClaimsModel = {
  takeTurn(replica: string, turn: ClaimTurn, nowMs: number): ClaimTurnOutcome;
  release(replica: string, keys: readonly string[], nowMs: number): void;
  leave(replica: string, nowMs: number): void;
  /** What a fenced write asks. */
  isHeld(claim: Pick<ClaimFence, 'replica' | 'key' | 'epoch'>, nowMs: number): boolean;
  /** As after a restore from before anything was claimed. */
  forget(): void;
};

export type ClaimsRules = {
  /** A mistake that must be found out: what somebody holds is taken for free. */
  readonly takesWhatIsHeld?: boolean;
};

type Claim = { replica: string | undefined; epoch: number; expiresAtMs: number };
type Member = { expiresAtMs: number; lacking: number };

export function makeClaimsModel({ takesWhatIsHeld = false }: ClaimsRules = {}): ClaimsModel {
  const claims = new Map<string, Claim>();
  const members = new Map<string, Member>();

  function release(replica: string, keys: Iterable<string>, nowMs: number): void {
    for (const key of keys) {
      const claim = claims.get(key);
      if (claim?.replica === replica) claims.set(key, { ...claim, replica: undefined, expiresAtMs: nowMs });
    }
  }

  function renew(replica: string, untilMs: number, nowMs: number): Map<string, number> {
    const held = new Map<string, number>();
    for (const [key, claim] of claims) {
      if (claim.replica !== replica || claim.expiresAtMs <= nowMs) continue;
      claim.expiresAtMs = untilMs;
      held.set(key, claim.epoch);
    }
    return held;
  }

  function listFree(wanted: readonly string[], nowMs: number): readonly Claim[] {
    for (const key of wanted) {
      if (!claims.has(key)) claims.set(key, { replica: undefined, epoch: 0, expiresAtMs: nowMs });
    }
    return wanted
      .flatMap((key) => claims.get(key) ?? [])
      .filter(({ replica, expiresAtMs }) => takesWhatIsHeld || replica === undefined || expiresAtMs <= nowMs)
      .toSorted((one, other) => one.expiresAtMs - other.expiresAtMs);
  }

  return {
    takeTurn(replica, { wanted, durationMs }, nowMs) {
      for (const [name, { expiresAtMs }] of members) if (expiresAtMs <= nowMs) members.delete(name);
      const untilMs = nowMs + durationMs;
      const lacking = members.get(replica)?.lacking ?? 0;
      members.set(replica, { expiresAtMs: untilMs, lacking });
      const held = renew(replica, untilMs, nowMs);
      const live: readonly LiveReplica[] = [...members].map(([name, member]) => ({
        replica: name,
        lacking: member.lacking,
      }));
      const share = shareOf(replica, live, wanted.length);
      const free = listFree(wanted, nowMs);
      const overdue = free.filter(({ expiresAtMs }) => expiresAtMs < nowMs - durationMs).length;
      for (const claim of free.slice(0, Math.max(overdue, share - held.size, 0))) {
        Object.assign(claim, { replica, epoch: claim.epoch + 1, expiresAtMs: untilMs });
      }
      for (const [key, claim] of claims) {
        if (claim.replica === replica && claim.expiresAtMs === untilMs) held.set(key, claim.epoch);
      }
      members.set(replica, { expiresAtMs: untilMs, lacking: Math.max(0, share - held.size) });
      return {
        held,
        share,
        lackingElsewhere: lackingElsewhere(replica, live),
        replicas: live.length,
      };
    },
    release,
    leave(replica, nowMs) {
      release(replica, claims.keys(), nowMs);
      members.delete(replica);
    },
    isHeld({ replica, key, epoch }, nowMs) {
      const claim = claims.get(key);
      return claim?.replica === replica && claim.epoch === epoch && claim.expiresAtMs > nowMs;
    },
    forget() {
      claims.clear();
      members.clear();
    },
  };
}
