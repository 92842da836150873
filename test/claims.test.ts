import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCli } from '../src/cli/cli.ts';
import { exitStatus } from '../src/cli/exit-status.ts';
import { LedgerError } from '../src/ledger/errors.ts';
import { openClaims } from '../src/ledger/open-ledger.ts';
import { PostgresDatabase } from '../src/ledger/postgres/postgres-database.ts';
import { PostgresLedger } from '../src/ledger/postgres/postgres-ledger.ts';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { parseTag } from '../src/reference/tag.ts';
import { claimsContract } from './claims-contract.ts';
import { claimsOf } from './claims-world.ts';
import { testHost } from './host.ts';
import { freshRepository } from './opened-ledger.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { type ClaimsModel, makeClaimsModel } from './simulation/claims-model.ts';
import { openTcpGate } from './tcp-gate.ts';

const answerMs = 60_000;

let postgres: PostgresServer | undefined;
after(() => postgres?.stop());

claimsContract('PostgreSQL', async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const ledger = await PostgresLedger.open(url);
  return {
    ledger,
    open: (place) => openClaims(url, place, answerMs),
    close: () => ledger.close(),
  };
});

it('forgets claims that nobody wanted for a day, also where no replica comes or goes', async () => {
  postgres ??= await startPostgres();
  const url = await postgres.createDatabase();
  const claims = await openClaims(url, { scope: 'one', replica: 'a' }, answerMs);
  const database = await PostgresDatabase.open(url);
  try {
    await claims.takeTurn({ wanted: ['kept', 'left'], durationMs: 600_000 });
    await database.run(
      `insert into claims (scope, key, expires_at) values ('one', 'old', now() - interval '25 hours')`,
    );
    await claims.release(['left']);
    const rows = await database.query('select key from claims order by key');
    assert.deepEqual(rows, [{ key: 'kept' }, { key: 'left' }]);
  } finally {
    await database.close();
    await claims.close();
  }
});

describe('claims of a replica that is cut off in the middle of a turn', () => {
  it('are taken by another: the server ends what it hears no more of', async () => {
    postgres ??= await startPostgres();
    const url = await postgres.createDatabase();
    const gate = await openTcpGate(Number(new URL(url).port));
    const [wanted, longMs, silenceMs] = [['team/app'], 600_000, 300];
    const other = await openClaims(url, { scope: 'one', replica: 'b' }, answerMs);
    const limits = { answerMs: silenceMs, idleMs: silenceMs };
    const cutOff = await PostgresDatabase.open(url.replace(/:\d+\//, `:${gate.port}/`), limits);
    // The claim has run out, and its row is locked.
    await cutOff.run(
      `insert into claims (scope, key, replica, epoch, expires_at) values ('one', 'team/app', 'a', 1, now())`,
    );
    const turn = cutOff.transaction(async (session) => {
      await session.run(`update claims set expires_at = now() + interval '1 hour' where scope = 'one'`);
      assert.equal((await other.takeTurn({ wanted, durationMs: longMs })).held.size, 0);
      gate.cut();
      await session.query('select 1');
    });
    await assert.rejects(turn, { code: 'LEDGER_UNREACHABLE' });
    let held = 0;
    for (let turns = 0; held === 0 && turns < 10_000; turns += 1) {
      held = (await other.takeTurn({ wanted, durationMs: longMs })).held.size;
    }
    assert.equal(held, 1);
    await gate.close();
    await Promise.all([cutOff.close(), other.close()]);
  });
});

// What simulations and tests of sharing stand on.
claimsContract('memory', async () => {
  const databases = new Map<string, ClaimsModel>();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-claims-'));
  const selections = new SqliteLedger(join(folder, 'ledger.db'));
  let nowMs = 0;
  const timing = {
    elapsedMs: () => (nowMs += 2),
    schedule: () => () => undefined,
  };
  return {
    ledger: {
      findSelection: (name) => selections.findSelection(name),
      async advanceSelection(expected, next, fence) {
        if (fence !== undefined && databases.get(fence.scope)?.isHeld(fence, timing.elapsedMs()) !== true)
          throw new LedgerError('CLAIM_LOST', 'the claim is not held any more');
        return selections.advanceSelection(expected, next);
      },
    },
    async open(place) {
      const database = databases.get(place.scope) ?? makeClaimsModel();
      databases.set(place.scope, database);
      return claimsOf(database, place, timing);
    },
    async close() {
      await selections.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('claims in SQLite', () => {
  const place = { scope: 'one', replica: 'a' };

  it('are refused, since one file is one replica’s, and no file is made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-claims-'));
    await assert.rejects(openClaims(join(folder, 'ledger.db'), place, answerMs), {
      code: 'CLAIMS_UNSUPPORTED',
      hint: /postgres:\/\//,
    });
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
  });

  it('are refused by the controller before it opens anything', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-claims-'));
    const { host, stderr } = testHost({ cwd: folder });
    const words = ['controller', '--replicas-active=all', `--storage-path=${folder}`];
    assert.equal(await runCli(words, host), exitStatus.usage);
    assert.match(
      stderr(),
      /several replicas cannot share the ledger file .*holdfast\.db\n.*--ledger postgres:/,
    );
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
  });

  it('fence no write: one that asks for it is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-claims-'));
    const ledger = new SqliteLedger(join(folder, 'ledger.db'));
    const next = {
      name: 'app',
      repository: freshRepository(),
      tag: parseTag('1.0'),
      digest: undefined,
      policy: '',
      selectedAt: 1,
      selectedBy: 'test',
      reason: undefined,
    };
    await assert.rejects(ledger.advanceSelection(undefined, next, { ...place, key: 'app', epoch: 1 }), {
      code: 'CLAIMS_UNSUPPORTED',
    });
    await ledger.close();
    rmSync(folder, { recursive: true });
  });
});
