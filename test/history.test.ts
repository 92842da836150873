import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { runCli } from '../src/cli/cli.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { testHost } from './host.ts';

describe('holdfast history without a ledger', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function history(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const captured = testHost({
      cwd: folder,
      env: { HOME: folder, ...env },
      services: {
        openLedger: (location, options) =>
          openLedger(location, { env: { HOME: folder, ...env }, cwd: folder }, options),
      },
    });
    const status = await runCli(['history', ...words], captured.host);
    return { status, stdout: captured.stdout(), stderr: captured.stderr() };
  }

  it('says that nobody ever looked, and makes none', async () => {
    const { status, stdout } = await history(['nginx']);
    assert.equal(status, 3);
    assert.match(stdout, /nginx: unknown, nobody ever looked/);
    assert.deepEqual(readdirSync(folder), []);
  });

  const named: readonly {
    readonly name: string;
    readonly words: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  }[] = [
    { name: '--ledger', words: ['nginx', '--ledger', 'deep/l.db'] },
    { name: 'HOLDFAST_LEDGER', words: ['nginx'], env: { HOLDFAST_LEDGER: 'deep/l.db' } },
  ];
  for (const { name, words, env } of named) {
    it(`names the one that ${name} says, and makes none`, async () => {
      const { status, stdout, stderr } = await history(words, env);
      assert.deepEqual([status, stdout], [3, '']);
      assert.match(stderr, /there is no ledger .*deep\/l\.db\n {2}hint: check the name/);
      assert.ok(!existsSync(join(folder, 'deep')));
    });
  }

  for (const place of ['', '$(LEDGER_URL)']) {
    it(`takes no ledger at ${JSON.stringify(place)}, which is wrong usage`, async () => {
      const { status, stderr } = await history(['nginx', '--ledger', place]);
      assert.equal(status, 2);
      assert.match(stderr, /^holdfast: --ledger/);
    });
  }
});
