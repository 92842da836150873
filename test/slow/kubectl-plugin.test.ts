import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kubeconfigFor, startFakeApiServer } from '../cluster/fake-api-server.ts';
import { digestA, digestB, fluentd, idOf, nodeObject, podObject } from '../cluster/objects.ts';
import { findKubectl } from '../kubernetes/kubectl.ts';
import { runTool } from '../tools.ts';

const kubectl = await findKubectl();
const program = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

const pods = [
  podObject({ name: 'fluentd-0', node: 'old-1', imageId: idOf(fluentd, digestA) }),
  podObject({ name: 'fluentd-1', node: 'new-1', imageId: idOf(fluentd, digestB) }),
];

describe('kubectl holdfast', { skip: kubectl.missing }, () => {
  let folder = '';
  let environment: NodeJS.ProcessEnv = {};
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-plugin-'));
    await symlink(program, join(folder, 'kubectl-holdfast'));
    // The program's first line asks env for node: it is to be the one that runs this test.
    const path = [dirname(process.execPath), folder, process.env['PATH'] ?? ''].join(delimiter);
    environment = { ...process.env, PATH: path, HOME: folder };
  });
  after(() => rm(folder, { recursive: true }));

  it('is found by kubectl', async () => {
    const { stdout } = await runTool(kubectl, ['plugin', 'list'], { env: environment });
    assert.ok(stdout.includes(join(folder, 'kubectl-holdfast')), stdout);
  });

  it('looks at the cluster that kubectl would, and hands its exit status on', async () => {
    const api = await startFakeApiServer({
      objects: { pods, nodes: [nodeObject('old-1'), nodeObject('new-1')], events: [] },
      token: 'secret-token',
    });
    await writeFile(join(folder, 'config'), kubeconfigFor(api.url));
    const words = ['holdfast', 'skew', '--offline', '--no-ledger', '-o', 'json'];
    const { status, stdout, stderr } = await runTool(kubectl, words, {
      env: { ...environment, KUBECONFIG: join(folder, 'config') },
    });
    await api.close();
    assert.equal(status, 1, stderr);
    assert.equal((JSON.parse(stdout) as { splits: readonly unknown[] }).splits.length, 1);
  });
});
