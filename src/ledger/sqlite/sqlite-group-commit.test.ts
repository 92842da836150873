import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SqliteDatabase } from './sqlite-database.ts';
import { SqliteGroupCommit } from './sqlite-group-commit.ts';

function open(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-group-'));
  const statements: string[] = [];
  const database = new SqliteDatabase(join(folder, 'ledger.db'), {
    beforeWrite: (sql) => statements.push(sql),
  });
  context.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  database.exec('create table numbers (number integer primary key) strict');
  statements.length = 0;
  const group = new SqliteGroupCommit(database);
  const add = (number: number) => group.write(() => database.run('insert into numbers values (?)', number));
  const kept = () => database.all('select number from numbers').map(({ number }) => Number(number));
  const commits = () => statements.filter((sql) => sql === 'commit').length;
  return { database, group, add, kept, commits };
}

describe('a group of writes', () => {
  it('is committed once', async (context) => {
    const { add, kept, commits } = open(context);
    assert.deepEqual(await Promise.all([add(1), add(2), add(3)]), [1, 1, 1]);
    assert.deepEqual([kept(), commits()], [[1, 2, 3], 1]);
    await add(4);
    assert.deepEqual([kept(), commits()], [[1, 2, 3, 4], 2]);
  });

  it('keeps the others where one fails, and nothing of that one', async (context) => {
    const { database, group, add, kept } = open(context);
    const failing = group.write(() => {
      database.run('insert into numbers values (?)', 8);
      throw new Error('no');
    });
    const [one, other, two] = await Promise.allSettled([add(1), failing, add(2)]);
    assert.deepEqual([one.status, other.status, two.status], ['fulfilled', 'rejected', 'fulfilled']);
    assert.deepEqual(kept(), [1, 2]);
  });

  it('fails as a whole where it cannot be committed', async (context) => {
    const { database, add, kept } = open(context);
    // Deferred to the commit: each of them by itself is well.
    database.exec('pragma foreign_keys = on');
    database.exec('create table parts (of integer references numbers deferrable initially deferred) strict');
    const group = new SqliteGroupCommit(database);
    const settled = await Promise.allSettled([
      group.write(() => database.run('insert into numbers values (?)', 1)),
      group.write(() => database.run('insert into parts values (?)', 7)),
    ]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.deepEqual(kept(), []);
    await add(5);
    assert.deepEqual(kept(), [5]);
  });
});
