import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../src/cli/cli.ts';
import { exitStatus } from '../src/cli/exit-status.ts';
import type { ControllerMachine } from '../src/cli/host.ts';
import { LedgerError } from '../src/ledger/errors.ts';
import type { OpenLedgerOptions } from '../src/ledger/open-ledger.ts';
import { testHost } from './host.ts';
import { runTool } from './tools.ts';

const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const node = { name: 'node', path: process.execPath, missing: false } as const;

it('a controller that cannot serve one of its addresses ends, also where it serves the other', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-controller-'));
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    taken.close();
    rmSync(folder, { recursive: true });
  });
  const address = taken.address();
  assert(typeof address === 'object' && address !== null);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(nowhere));
  const words = [
    stub,
    'controller',
    `--storage-path=${folder}`,
    '--metrics-addr=127.0.0.1:0',
    `--health-addr=127.0.0.1:${address.port}`,
  ];
  const { status, stderr } = await runTool(node, words, { env: { KUBECONFIG: kubeconfig } });
  assert.equal(status, exitStatus.unable);
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${address.port}`));
});

it('a controller waits for nobody at its ledger so long that a probe would fail', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-controller-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(nowhere));
  let asked: OpenLedgerOptions | undefined;
  const { host } = testHost({
    env: { KUBECONFIG: kubeconfig },
    services: {
      controllerMachine: async () => ({}) as ControllerMachine,
      async openLedger(_location, options) {
        asked = options;
        throw new LedgerError('LEDGER_LOCKED', 'enough');
      },
    },
  });
  const status = await runCli(['controller', `--storage-path=${folder}`, '--concurrent=9'], host);
  assert.equal(status, exitStatus.unable);
  assert.equal(asked?.scansAtOnce, 9);
  assert.ok((asked.waitMs ?? 10_000) < 1000);
});

const nowhere = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'nowhere',
  clusters: [{ name: 'nowhere', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'nobody', user: { token: 'none' } }],
  contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'nobody' } }],
};
