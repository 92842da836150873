import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseReference } from '../../reference/reference.ts';
import { parseTag } from '../../reference/tag.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { SqliteLedger } from './sqlite-ledger.ts';
import { latestVersion } from './sqlite-migrations.ts';

const fixture = fileURLToPath(new URL('fixtures/ledger-version-1.db', import.meta.url));

describe('a ledger file', () => {
  const folders: string[] = [];
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-file-'));
    folders.push(folder);
    path = join(folder, 'ledger.db');
  });
  after(() => {
    for (const one of folders) rmSync(one, { recursive: true });
  });

  /** A ledger of ours, closed, as a file to spoil. */
  async function makeLedger(): Promise<void> {
    await new SqliteLedger(path).close();
  }

  function spoil(change: (bytes: Buffer) => Buffer): void {
    writeFileSync(path, change(readFileSync(path)));
  }

  it('is made where there is none, in a folder that only its owner may read', async () => {
    path = join(folder, 'deep', 'down', 'ledger.db');
    await makeLedger();
    assert.equal(statSync(join(folder, 'deep')).mode & 0o077, 0);
    assert.deepEqual(readdirSync(join(folder, 'deep', 'down')), ['ledger.db']);
  });

  it('is made in an empty file too, as mktemp leaves one', async () => {
    writeFileSync(path, '');
    await makeLedger();
    await makeLedger();
  });

  it('of version 1 is brought to the newest version with all it held', async () => {
    copyFileSync(fixture, path);
    const reference = parseReference('ghcr.io/kube-logging/fluentd');
    const tag = parseTag('v1.16-4.11-full');
    for (let time = 0; time < 2; time += 1) {
      const ledger = new SqliteLedger(path);
      const observations = await ledger.listObservations(reference.repository, tag);
      assert.deepEqual(
        observations.map((one) => [
          one.digest.slice(7, 15),
          new Date(one.firstSeenAt).toISOString(),
          one.source,
        ]),
        [
          ['f3adf3a4', '2026-11-01T08:00:00.000Z', 'scan'],
          ['9ae83284', '2026-11-03T08:00:00.000Z', 'scan'],
          ['f3adf3a4', '2026-11-03T09:00:00.000Z', 'pod'],
        ],
      );
      assert.deepEqual(await ledger.listScans(reference.repository, 1), []);
      await ledger.close();
    }
    assert.equal(readFileSync(path).readUInt32BE(60), latestVersion);
  });

  const refusals: readonly {
    readonly name: string;
    readonly make: () => Promise<void> | void;
    readonly code: string;
    readonly message: RegExp;
  }[] = [
    {
      name: 'that is no database is named and left alone',
      make: () => writeFileSync(path, 'apiVersion: v1\nkind: Pod\n'),
      code: 'LEDGER_FOREIGN',
      message: /is not a ledger: it is no SQLite database/,
    },
    {
      name: 'that is long and no database is named and left alone',
      make: () => writeFileSync(path, Buffer.alloc(100_000, 7)),
      code: 'LEDGER_FOREIGN',
      message: /no SQLite database/,
    },
    {
      name: "that is another application's database is named and left alone",
      make() {
        const database = new SqliteDatabase(path);
        database.exec('create table bookmarks (url text)');
        database.close();
      },
      code: 'LEDGER_FOREIGN',
      message: /another application's database/,
    },
    {
      name: 'of a newer Holdfast is named and left alone',
      async make() {
        await makeLedger();
        const database = new SqliteDatabase(path);
        database.exec(`pragma user_version = ${latestVersion + 1}; pragma wal_checkpoint(truncate)`);
        database.close();
      },
      code: 'LEDGER_TOO_NEW',
      message: new RegExp(
        `has schema ${latestVersion + 1}, this Holdfast knows schemas up to ${latestVersion}`,
      ),
    },
    {
      name: 'that is truncated is named and left alone',
      async make() {
        await makeLedger();
        spoil((bytes) => bytes.subarray(0, bytes.length - 5000));
      },
      code: 'LEDGER_DAMAGED',
      message: /is truncated: expected \d+ bytes, got \d+/,
    },
    {
      name: 'that is cut to its first bytes is named and left alone',
      async make() {
        await makeLedger();
        spoil((bytes) => bytes.subarray(0, 50));
      },
      code: 'LEDGER_FOREIGN',
      message: /is not a ledger/,
    },
  ];
  for (const { name, make, code, message } of refusals) {
    it(name, async () => {
      await make();
      const before = readFileSync(path);
      assert.throws(() => new SqliteLedger(path), { code, message });
      assert.deepEqual(readFileSync(path), before);
      assert.deepEqual(readdirSync(folder), ['ledger.db']);
    });
  }

  it('with pages overwritten is called damaged when they are read', async () => {
    await makeLedger();
    spoil((bytes) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xee)]));
    await assert.rejects(
      async () => {
        const ledger = new SqliteLedger(path);
        try {
          await ledger.listWatches(parseReference('registry.test/app').repository);
        } finally {
          await ledger.close();
        }
      },
      { code: 'LEDGER_DAMAGED', message: /is damaged/ },
    );
  });

  it('that is a folder is named with a file to try', () => {
    assert.throws(() => new SqliteLedger(folder), { code: 'LEDGER_FOREIGN', hint: /ledger\.db/ });
  });

  it('that cannot be made says why', () => {
    writeFileSync(path, 'a file where a folder should be');
    assert.throws(() => new SqliteLedger(join(path, 'ledger.db')), { code: 'LEDGER_UNREACHABLE' });
    assert.equal(existsSync(path), true);
  });

  it('in a folder that takes none says so, and ends', { skip: !existsSync('/proc/self') }, () => {
    assert.throws(() => new SqliteLedger('/proc/holdfast/ledger.db'), { code: 'LEDGER_UNREACHABLE' });
  });
});
