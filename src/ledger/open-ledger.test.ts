import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openLedger } from './open-ledger.ts';

describe('the ledger that is opened', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-open-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const cases: readonly {
    readonly name: string;
    readonly location?: string;
    readonly env: (folder: string) => Readonly<Record<string, string>>;
    readonly expected: string;
  }[] = [
    {
      name: 'is the one named',
      location: 'my.db',
      env: () => ({ HOLDFAST_LEDGER: 'x.db' }),
      expected: 'my.db',
    },
    { name: 'is the one of HOLDFAST_LEDGER', env: () => ({ HOLDFAST_LEDGER: 'x.db' }), expected: 'x.db' },
    {
      name: "is in the user's state folder",
      env: (home) => ({ XDG_STATE_HOME: join(home, 'state') }),
      expected: 'state/holdfast/ledger.db',
    },
    {
      name: 'is in the home folder, where the state folder is not set or empty',
      env: (home) => ({ HOME: home, XDG_STATE_HOME: '', HOLDFAST_LEDGER: '' }),
      expected: '.local/state/holdfast/ledger.db',
    },
  ];
  for (const { name, location, env, expected } of cases) {
    it(name, async () => {
      const ledger = await openLedger(location, { env: env(folder), cwd: folder });
      await ledger.close();
      assert.ok(existsSync(join(folder, expected)));
    });
  }

  it('is not made for somebody who only reads', async () => {
    const place = { env: {}, cwd: folder };
    await assert.rejects(openLedger('deep/my.db', place, { mustExist: true }), {
      code: 'LEDGER_MISSING',
      message: `there is no ledger ${join(folder, 'deep', 'my.db')}`,
    });
    assert.ok(!existsSync(join(folder, 'deep')));
    await (await openLedger('my.db', place)).close();
    await (await openLedger('my.db', place, { mustExist: true })).close();
  });

  it('is in PostgreSQL where the location says so, and its password is not told', async () => {
    for (const scheme of ['postgres', 'postgresql']) {
      await assert.rejects(
        openLedger(`${scheme}://me:secret@127.0.0.1:1/x`, { env: {}, cwd: folder }),
        (error) => !String(error).includes('secret') && String(error).includes('me@127.0.0.1:1/x'),
      );
    }
  });
});
