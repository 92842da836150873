import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { PostgresLedger } from '../src/ledger/postgres/postgres-ledger.ts';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { ledgerContract } from './ledger-contract.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

ledgerContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ledger-'));
  const path = join(folder, 'ledger.db');
  const ledger = new SqliteLedger(path);
  return {
    ledger,
    reopen: async (options) => new SqliteLedger(path, options),
    async close() {
      await ledger.close();
      rmSync(folder, { recursive: true });
    },
  };
});

let postgres: PostgresServer | undefined;
after(() => postgres?.stop());

ledgerContract('PostgreSQL', async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const ledger = await PostgresLedger.open(url);
  return {
    ledger,
    reopen: (options) => PostgresLedger.open(url, options),
    close: () => ledger.close(),
  };
});
