import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { type ClusterUnderTest, clientOf, configMaps, contractPlurals } from './cluster/contract-objects.ts';
import { kubeconfigFor, startFakeApiServer } from './cluster/fake-api-server.ts';
import type { FakeUser } from './cluster/fake-options.ts';
import { kubernetesContract } from './kubernetes-contract.ts';

kubernetesContract('the fake API server', openFake);

it('a watch is told where it is, where nothing happens', async () => {
  const server = await startFakeApiServer({ objects: { configmaps: [] } });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fake-'));
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, kubeconfigFor(server.url));
  const client = await clientOf(kubeconfig);
  const { resourceVersion } = await client.list(configMaps, {}, () => undefined);
  const next = client.watch(configMaps, { resourceVersion })[Symbol.asyncIterator]().next();
  await server.nextWatch();
  server.sendBookmarks();
  assert.deepEqual((await next).value, { type: 'bookmark', resourceVersion });
  await server.close();
  await rm(folder, { recursive: true });
});

async function openFake(): Promise<ClusterUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fake-'));
  const users: Record<string, FakeUser> = {};
  const objects = Object.fromEntries(contractPlurals.map((plural) => [plural, []]));
  const server = await startFakeApiServer({
    objects: { ...objects, namespaces: [{ metadata: { name: 'default' } }] },
    users,
  });
  const write = async (name: string) => {
    const file = join(folder, name);
    await writeFile(file, kubeconfigFor(server.url, `secret-${name}`));
    return file;
  };
  return {
    async kubeconfig(rules) {
      const name = `user-${Object.keys(users).length}`;
      users[`secret-${name}`] = { name, rules };
      return write(name);
    },
    strangersKubeconfig: () => write('stranger'),
    cut: async () => server.cutWatches(),
    forget: async () => server.forget(),
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
