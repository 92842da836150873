import { type LiveReplica, lackingElsewhere, shareOf } from '../claim-share.ts';
import type { ClaimFence, ClaimPlace, Claims, ClaimTurn, ClaimTurnOutcome } from '../claims.ts';
import { LedgerError } from '../errors.ts';
import { PostgresDatabase, type PostgresSession } from './postgres-database.ts';
import { migrate } from './postgres-migrations.ts';

/** Rows of keys that nobody wants any more are kept so long: an object may come back. */
const forgottenAfter = "interval '1 day'";

const inMs = (parameter: string): string => `now() + ${parameter} * interval '1 millisecond'`;

/**
 * Claims in the tables beside the ledger, on a connection of their own: renewing must not wait behind scans.
 * `now()` is when a transaction began, which is after its caller asked and before it answers.
 */
export class PostgresClaims implements Claims {
  readonly place: ClaimPlace;
  readonly #database: PostgresDatabase;

  private constructor(database: PostgresDatabase, place: ClaimPlace) {
    this.#database = database;
    this.place = place;
  }

  /** `answerMs`: how long an answer is waited for. @throws LedgerError */
  static async open(url: string, place: ClaimPlace, answerMs: number): Promise<PostgresClaims> {
    // A replica that is cut off in the middle of a turn must not keep its claims from others by their locks.
    const limits = { waitMs: answerMs, answerMs, idleMs: answerMs };
    const database = await PostgresDatabase.open(url, { ...limits, connections: 1 });
    try {
      await migrate(database);
      return new PostgresClaims(database, place);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async takeTurn({ wanted, durationMs }: ClaimTurn): Promise<ClaimTurnOutcome> {
    const { place } = this;
    return this.#database.transaction(async (session) => {
      await sayAlive(session, place, durationMs);
      const held = await renew(session, place, durationMs);
      const live = await listLive(session, place);
      const share = shareOf(place.replica, live, wanted.length);
      await offer(session, place, wanted);
      const room = Math.max(0, share - held.size);
      for (const [key, epoch] of await take(session, place, { wanted, room, durationMs }))
        held.set(key, epoch);
      await sayLacking(session, place, Math.max(0, share - held.size));
      return {
        held,
        share,
        lackingElsewhere: lackingElsewhere(place.replica, live),
        replicas: live.length,
      };
    });
  }

  async release(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { scope, replica } = this.place;
    await this.#database.run(
      `update claims set replica = null, expires_at = now()
       where scope = $1 and replica = $2 and key = any($3::text[])`,
      [scope, replica, keys],
    );
    // Given back is, too, what nobody wants any more: replicas that stay for months would keep it as long.
    await forgetOld(this.#database, scope);
  }

  async leave(): Promise<void> {
    const { scope, replica } = this.place;
    await this.#database.transaction(async (session) => {
      await session.run(
        'update claims set replica = null, expires_at = now() where scope = $1 and replica = $2',
        [scope, replica],
      );
      await session.run('delete from claim_replicas where scope = $1 and replica = $2', [scope, replica]);
    });
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/**
 * Makes sure, inside the caller's transaction, that the claim is held until the transaction ends: whoever would
 * take it passes over a locked row.
 * @throws LedgerError `CLAIM_LOST`
 */
export async function keepClaim(session: PostgresSession, fence: ClaimFence): Promise<void> {
  const rows = await session.query(
    `select 1 from claims
     where scope = $1 and key = $2 and replica = $3 and epoch = $4 and expires_at > clock_timestamp()
     for share`,
    [fence.scope, fence.key, fence.replica, fence.epoch],
  );
  if (rows.length > 0) return;
  throw new LedgerError('CLAIM_LOST', `the claim of ${fence.key} is not held by ${fence.replica} any more`, {
    retryable: true,
  });
}

/** A replica that was silent for too long joins anew, as the last. */
async function sayAlive(
  session: PostgresSession,
  { scope, replica }: ClaimPlace,
  durationMs: number,
): Promise<void> {
  await session.run('delete from claim_replicas where scope = $1 and expires_at <= now()', [scope]);
  const joined = await session.run(
    `insert into claim_replicas (scope, replica, joined_at, expires_at)
     values ($1, $2, now(), ${inMs('$3::bigint')})
     on conflict do nothing`,
    [scope, replica, durationMs],
  );
  if (joined > 0) {
    await forgetOld(session, scope);
    return;
  }
  await session.run(
    `update claim_replicas set expires_at = ${inMs('$3::bigint')} where scope = $1 and replica = $2`,
    [scope, replica, durationMs],
  );
}

async function forgetOld(session: PostgresSession, scope: string): Promise<void> {
  await session.run(`delete from claims where scope = $1 and expires_at < now() - ${forgottenAfter}`, [
    scope,
  ]);
}

/** All in one statement. What ran out meanwhile is free, even where nobody took it. */
async function renew(
  session: PostgresSession,
  { scope, replica }: ClaimPlace,
  durationMs: number,
): Promise<Map<string, number>> {
  const rows = await session.query(
    `update claims set expires_at = ${inMs('$3::bigint')}
     where scope = $1 and replica = $2 and expires_at > now() returning key, epoch`,
    [scope, replica, durationMs],
  );
  return new Map(rows.map((row) => [String(row['key']), Number(row['epoch'])]));
}

async function listLive(session: PostgresSession, { scope }: ClaimPlace): Promise<readonly LiveReplica[]> {
  const rows = await session.query(
    `select replica, lacking from claim_replicas where scope = $1 and expires_at > now()
     order by joined_at, replica`,
    [scope],
  );
  return rows.map((row) => ({ replica: String(row['replica']), lacking: Number(row['lacking']) }));
}

/** Rows for keys that are new, free from now on; in one order for every replica, lest two wait for each other. */
async function offer(
  session: PostgresSession,
  { scope }: ClaimPlace,
  wanted: readonly string[],
): Promise<void> {
  await session.run(
    `insert into claims (scope, key, expires_at)
     select $1, key, now() from unnest($2::text[]) as wanted(key)
     where not exists (select 1 from claims where claims.scope = $1 and claims.key = wanted.key)
     group by key order by key on conflict do nothing`,
    [scope, wanted],
  );
}

type Taking = { readonly wanted: readonly string[]; readonly room: number; readonly durationMs: number };

/** Those that are free for longest come first, so that the overdue are among them. */
async function take(
  session: PostgresSession,
  { scope, replica }: ClaimPlace,
  { wanted, room, durationMs }: Taking,
): Promise<ReadonlyMap<string, number>> {
  const isFree = `scope = $1 and key = any($3::text[]) and (replica is null or expires_at <= now())`;
  const rows = await session.query(
    `with free as (
       select key from claims where ${isFree} order by expires_at, key
       limit greatest($4::bigint, (select count(*) from claims
         where ${isFree} and expires_at < now() - $5::bigint * interval '1 millisecond'))
       for update skip locked)
     update claims set replica = $2, epoch = epoch + 1, expires_at = ${inMs('$5::bigint')}
     from free where claims.scope = $1 and claims.key = free.key
     returning claims.key, claims.epoch`,
    [scope, replica, wanted, room, durationMs],
  );
  return new Map(rows.map((row) => [String(row['key']), Number(row['epoch'])]));
}

async function sayLacking(
  session: PostgresSession,
  { scope, replica }: ClaimPlace,
  lacking: number,
): Promise<void> {
  await session.run('update claim_replicas set lacking = $3 where scope = $1 and replica = $2', [
    scope,
    replica,
    lacking,
  ]);
}
