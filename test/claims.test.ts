import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCli } from '../src/cli/cli.ts';
import { exitStatus } from '../src/cli/exit-status.ts';
import { LedgerError } from '../src/ledger/errors.ts';
import { openClaims } from '../src/ledger/open-ledger.ts';
import { PostgresLedger } from '../src/ledger/postgres/postgres-ledger.ts';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { parseTag } from '../src/reference/tag.ts';
import { claimsContract } from './claims-contract.ts';
import { claimsOf } from './claims-world.ts';
import { testHost } from './host.ts';
import { freshRepository } from './opened-ledger.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { type ClaimsModel, makeClaimsModel } from './simulation/claims-model.ts';

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
