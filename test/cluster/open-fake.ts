import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ClientOptions, openKubernetesClient } from '../../src/cluster/api-client.ts';
import { openClusterAccess } from '../../src/cluster/kubeconfig.ts';
import type { KubernetesClient } from '../../src/cluster/kubernetes-client.ts';
import { type FakeApiServer, kubeconfigFor, startFakeApiServer } from './fake-api-server.ts';
import type { FakeApiOptions } from './fake-options.ts';

/** A fake API server and a client of it, both gone with the test. */
export async function openFake(
  context: TestContext,
  fake: FakeApiOptions,
  options?: ClientOptions,
): Promise<{ readonly server: FakeApiServer; readonly client: KubernetesClient }> {
  const server = await startFakeApiServer(fake);
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fake-'));
  context.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, kubeconfigFor(server.url));
  const access = await openClusterAccess({ kubeconfig, env: {}, cwd: folder });
  return { server, client: openKubernetesClient(access, options) };
}
