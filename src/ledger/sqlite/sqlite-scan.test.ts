import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseRepository } from '../../reference/repository.ts';
import { parseTag } from '../../reference/tag.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { SqliteGroupCommit } from './sqlite-group-commit.ts';
import { SqliteScan } from './sqlite-scan.ts';

it('leaves nothing of a scan in the temporary tables, which live as long as the ledger is open', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-scan-'));
  const database = openSqliteFile(join(folder, 'ledger.db'));
  context.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  const place = { database, writes: new SqliteGroupCommit(database), scansKept: 10 };
  const open = (name: string) => new SqliteScan(place, parseRepository(name));
  const rows = (table: string) => database.get(`select count(*) as count from temp.${table}`)?.['count'];
  const first = open('registry.test/one');
  const second = open('registry.test/two');
  await first.stage({ appeared: [parseTag('a')], missing: [] });
  await second.stage({ appeared: [parseTag('a'), parseTag('b')], missing: [] });
  await first.close();
  await first.close();
  assert.deepEqual([rows('open_scans'), rows('staged')], [1, 2]);
  await second.close();
  const third = open('registry.test/one');
  assert.deepEqual(await third.countStaged(), { appeared: 0, missing: 0 });
  await third.close();
  assert.deepEqual([rows('open_scans'), rows('staged')], [0, 0]);
});
