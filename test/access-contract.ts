import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { ReflectorOptions } from '../src/controllers/reflector.ts';
import { parseTag } from '../src/reference/tag.ts';
import { serviceAccountKind } from '../src/reflect/access-secrets.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { type ReflectedCluster, readyOf, type Status, startReflectedCluster } from './reflected-cluster.ts';
import type { ReflectedApis } from './reflector-contract.ts';

const namespace = 'default';

/** Nothing is looked at again by itself: whatever happens was woken. */
const asleep: Partial<ReflectorOptions> = {
  retry: { minMs: 600_000, maxMs: 600_000 },
  requeueDependencyMs: 600_000,
};

/** How repositories hear of the Secrets, ServiceAccounts and rights that they depend on. */
export function accessContract(
  name: string,
  start: () => Promise<ReflectedApis>,
  { skip = false }: { readonly skip?: false | string } = {},
): void {
  describe(`a repository's access, on ${name}`, { skip }, () => {
    let apis: ReflectedApis;
    let cluster: ReflectedCluster;
    let registry: RegistryServer;
    before(async () => {
      apis = await start();
    });
    after(() => apis?.stop());
    beforeEach(async () => {
      cluster = await startReflectedCluster(() => apis.open());
      registry = await startRegistryServer({
        auth: { kind: 'basic', users: [{ username: 'jane', password: 'hunter2-right' }] },
      });
      registry.pushImage({ repository: 'app', tag: parseTag('1.0.0') });
    });
    afterEach(async () => {
      await cluster.close();
      await registry.close();
    });

    const create = async (spec: Record<string, unknown>, repository = 'app'): Promise<void> => {
      await cluster.create('ImageRepository', repository, {
        image: `${registry.host}/app`,
        interval: '1h',
        ...spec,
      });
      await cluster.create('ImagePolicy', repository, {
        imageRepositoryRef: { name: repository },
        policy: { semver: { range: '>=1.0.0' } },
      });
    };
    const secret = (name: string, password = 'hunter2-right') => ({
      apiVersion: 'v1',
      kind: 'Secret' as const,
      metadata: { namespace, name },
      type: 'kubernetes.io/dockerconfigjson',
      data: loginOf(registry.host, password),
    });
    const account = (imagePullSecrets: readonly { readonly name: string }[] = []) =>
      cluster.watcher.create(serviceAccountKind, namespace, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'scanner' },
        imagePullSecrets,
      });
    const untilReason = (reason: string, repository = 'app'): Promise<Status> =>
      cluster.until('ImageRepository', repository, (status) => readyOf(status)?.reason === reason);
    const untilSelected = async (policy = 'app'): Promise<void> => {
      await cluster.until('ImagePolicy', policy, (status) => status.latestRef?.tag === '1.0.0');
    };

    it('is tried again when a Secret that was missing appears', async () => {
      await create({ secretRef: { name: 'login' } });
      await cluster.replica('one', asleep);
      const status = await untilReason('AuthenticationFailed');
      assert.match(readyOf(status)?.message ?? '', /secrets "login" not found$/);
      await cluster.user.create(secret('login'));
      await untilSelected();
    });

    it('is tried again when a Secret that was wrong is put right', async () => {
      await cluster.user.create(secret('login', 'hunter2-wrong'));
      await create({ secretRef: { name: 'login' } });
      await cluster.replica('one', asleep);
      const status = await untilReason('ReadOperationFailed');
      const said = readyOf(status)?.message ?? '';
      assert.match(said, /answered 401: .*; .* refused the login in Secret default\/login: /);
      assert.doesNotMatch(said, /hunter2/);
      await cluster.user.patch('Secret', { namespace, name: 'login' }, { data: secret('login').data });
      await untilSelected();
    });

    it('is tried again when its ServiceAccount names a pull secret, and when that appears', async () => {
      await create({ serviceAccountName: 'scanner' });
      await cluster.replica('one', asleep);
      const status = await untilReason('AuthenticationFailed');
      assert.match(readyOf(status)?.message ?? '', /serviceaccount 'default\/scanner' not found$/);
      await account([{ name: 'pull' }]);
      await cluster.until('ImageRepository', 'app', (one) =>
        (readyOf(one)?.message ?? '').endsWith("secret 'default/pull' not found"),
      );
      await cluster.user.create(secret('pull'));
      await untilSelected();
      await cluster.watcher.remove(serviceAccountKind, { namespace, name: 'scanner' });
    });

    it('is known to be gone as soon as its Secret is', async () => {
      await cluster.user.create(secret('login'));
      await create({ secretRef: { name: 'login' } });
      await cluster.replica('one', asleep);
      await untilSelected();
      await cluster.user.remove('Secret', { namespace, name: 'login' });
      await untilReason('AuthenticationFailed');
    });

    it('is not asked for again where a Secret changed in nothing that counts', async () => {
      await cluster.user.create(secret('login'));
      await create({ secretRef: { name: 'login' } });
      await create({ secretRef: { name: 'other' } }, 'barrier');
      await cluster.replica('one', asleep);
      await untilSelected();
      await untilReason('AuthenticationFailed', 'barrier');
      const scans = (): number => registry.requests.count({ path: 'tags/list' });
      const before = scans();
      for (const note of ['one', 'two', 'three']) {
        await cluster.user.patch(
          'Secret',
          { namespace, name: 'login' },
          { metadata: { annotations: { note } } },
        );
      }
      // Looked at after the other, in the same look.
      await cluster.user.create(secret('other'));
      await untilSelected('barrier');
      // The first question of the barrier's own scan, and its answer to the challenge.
      assert.ok(scans() - before <= 2, `${scans() - before} requests`);
    });

    it('is known to be taken away as soon as accessFrom is', async () => {
      await cluster.user.create(secret('login'));
      await create({
        secretRef: { name: 'login' },
        accessFrom: { namespaceSelectors: [{ matchLabels: { tenant: 'a' } }] },
      });
      await cluster.user.create({
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImagePolicy',
        metadata: { namespace: 'other', name: 'app' },
        spec: { imageRepositoryRef: { name: 'app', namespace }, policy: { semver: { range: '*' } } },
      } as Parameters<typeof cluster.user.create>[0]);
      await cluster.replica('one', asleep);
      const untilReadyIs = async (reason: string): Promise<void> => {
        const deadline = performance.now() + 20_000;
        for (;;) {
          const policy = await cluster.user.read('ImagePolicy', { namespace: 'other', name: 'app' });
          if (readyOf((policy?.['status'] ?? {}) as Status)?.reason === reason) return;
          assert.ok(performance.now() < deadline, `never ${reason}: ${JSON.stringify(policy)}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await untilReadyIs('Succeeded');
      await cluster.patch('ImageRepository', 'app', { spec: { accessFrom: null } });
      await untilReadyIs('AccessDenied');
      await cluster.patch('ImageRepository', 'app', {
        spec: { accessFrom: { namespaceSelectors: [{ matchLabels: { tenant: 'a' } }] } },
      });
      await untilReadyIs('Succeeded');
      await cluster.user.remove('ImageRepository', { namespace, name: 'app' });
      await untilReadyIs('DependencyNotReady');
      await cluster.user.remove('ImagePolicy', { namespace: 'other', name: 'app' });
    });
  });
}

export function loginOf(host: string, password: string): Readonly<Record<string, string>> {
  const auths = { [host]: { username: 'jane', password } };
  return { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
}
