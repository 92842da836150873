import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { ledgerContract } from './ledger-contract.ts';

ledgerContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ledger-'));
  const path = join(folder, 'ledger.db');
  const ledger = new SqliteLedger(path);
  return {
    ledger,
    reopen: async () => new SqliteLedger(path),
    async close() {
      await ledger.close();
      rmSync(folder, { recursive: true });
    },
  };
});
