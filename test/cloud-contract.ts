import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { ReflectorOptions } from '../src/controllers/reflector.ts';
import { serviceAccountKind } from '../src/reflect/access-secrets.ts';
import { type FakeCloud, registryHosts, startFakeCloud } from './cloud/fake-cloud.ts';
import type { ReflectedApi } from './reflected-api.ts';
import {
  image,
  type ReflectedCluster,
  type Replica,
  readyOf,
  type Status,
  startReflectedCluster,
} from './reflected-cluster.ts';

/** API servers on which the controllers may do what these roles below deploy/ allow. */
export type AccessApis = {
  open(roles?: readonly string[]): Promise<ReflectedApi>;
  stop(): Promise<void>;
};

const baseRoles: readonly string[] = ['base/cluster-role', 'base/leader-role'];
const tokenRoles: readonly string[] = [...baseRoles, 'workload-identity/token-role'];

const namespace = 'default';
const subject = `system:serviceaccount:${namespace}:scanner`;
const roleArn = 'arn:aws:iam::123456789012:role/puller';
const workloadProvider = 'projects/12345/locations/global/workloadIdentityPools/pool/providers/cluster';

const asleep: Partial<ReflectorOptions> = { retry: { minMs: 600_000, maxMs: 600_000 } };

/** Repositories whose provider is a cloud, from the object to the registry's list of tags. */
export function cloudContract(
  name: string,
  start: () => Promise<AccessApis>,
  { skip = false }: { readonly skip?: false | string } = {},
): void {
  describe(`providers, on ${name}`, { skip }, () => {
    let apis: AccessApis;
    let cluster: ReflectedCluster;
    let cloud: FakeCloud;
    let replica: Replica;
    before(async () => {
      apis = await start();
    });
    after(() => apis?.stop());
    beforeEach(async () => {
      cluster = await startReflectedCluster(() => apis.open(tokenRoles));
      await prepare();
    });
    afterEach(async () => {
      // Nothing that was issued is told of anywhere.
      const told = JSON.stringify([replica?.lines, replica?.events, await statuses()]);
      const secrets = [
        ...cloud.aws.passwords.keys(),
        ...cloud.azure.refreshTokens.keys(),
        ...cloud.google.tokens.keys(),
      ];
      await cluster.watcher.remove(serviceAccountKind, { namespace, name: 'scanner' });
      await cluster.close();
      await cloud.close();
      for (const secret of secrets) assert.ok(!told.includes(secret), 'a credential is told');
    });

    async function prepare(): Promise<void> {
      cluster.push('1.0.0');
      cloud = await startFakeCloud({ upstream: cluster.registry.host });
    }
    async function statuses(): Promise<unknown> {
      return [
        await cluster.user.read('ImageRepository', { namespace, name: 'app' }),
        await cluster.user.read('ImagePolicy', { namespace, name: 'app' }),
      ];
    }
    const run = async (
      options: Partial<ReflectorOptions> = {},
      env: Readonly<Record<string, string>> = cloud.env,
    ) => {
      replica = await cluster.replica('one', { ...asleep, ...options }, { env });
    };
    const create = async (host: string, spec: Record<string, unknown>): Promise<void> => {
      await cluster.create('ImageRepository', 'app', { image: `${host}/${image}`, interval: '1h', ...spec });
      await cluster.create('ImagePolicy', 'app', {
        imageRepositoryRef: { name: 'app' },
        policy: { semver: { range: '>=1.0.0' } },
        digestReflectionPolicy: 'IfNotPresent',
      });
    };
    const account = (annotations: Readonly<Record<string, string>>) =>
      cluster.watcher.create(serviceAccountKind, namespace, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'scanner', annotations },
      });
    const untilSelected = async (): Promise<void> => {
      const status = await cluster.until('ImagePolicy', 'app', ({ latestRef }) => latestRef?.tag === '1.0.0');
      assert.match(status.latestRef?.digest ?? '', /^sha256:/);
    };
    const untilFailed = (reason: string): Promise<Status> =>
      cluster.until('ImageRepository', 'app', (status) => readyOf(status)?.reason === reason);

    for (const [provider, host] of [
      ['aws', registryHosts.ecr],
      ['aws', registryHosts.ecrPublic],
      ['azure', registryHosts.acr],
      ['gcp', registryHosts.gar],
    ] as const) {
      it(`scans ${host} as what the node is to ${provider}, whatever its secretRef`, async () => {
        await create(host, { provider, secretRef: { name: 'nowhere' } });
        await run();
        await untilSelected();
      });
    }

    const accounts = [
      {
        provider: 'aws',
        host: registryHosts.ecr,
        annotations: { 'eks.amazonaws.com/role-arn': roleArn },
        trust: () => cloud.aws.roles.set(subject, roleArn),
      },
      {
        provider: 'azure',
        host: registryHosts.acr,
        annotations: {
          'azure.workload.identity/tenant-id': 'tenant',
          'azure.workload.identity/client-id': 'client',
        },
        trust: () => cloud.azure.clients.set(subject, 'tenant/client'),
      },
      {
        provider: 'gcp',
        host: registryHosts.gar,
        annotations: { 'gcp.auth.fluxcd.io/workload-identity-provider': workloadProvider },
        trust: () => cloud.google.subjects.set(subject, `//iam.googleapis.com/${workloadProvider}`),
      },
    ] as const;
    for (const { provider, host, annotations, trust } of accounts) {
      it(`scans ${host} as a ServiceAccount that ${provider} trusts`, async () => {
        trust();
        await account(annotations);
        await create(host, { provider, serviceAccountName: 'scanner' });
        await run({ hasObjectIdentity: true });
        await untilSelected();
        assert.ok(cloud.requests.every(({ host: asked }) => asked !== 'node'));
      });
    }

    it('stalls an object that names a ServiceAccount while the gate is closed', async () => {
      await create(registryHosts.ecr, { provider: 'aws', serviceAccountName: 'scanner' });
      await run();
      const status = await untilFailed('FeatureGateDisabled');
      assert.equal(
        status.conditions?.find(({ type }) => type === 'Stalled')?.message,
        'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
      );
      const policy = await cluster.until('ImagePolicy', 'app', (one) => readyOf(one)?.status === 'False');
      assert.equal(readyOf(policy)?.reason, 'FeatureGateDisabled');
      assert.match(
        readyOf(policy)?.message ?? '',
        /^to use spec\.serviceAccountName in the ImageRepository for/,
      );
      assert.deepEqual(cloud.requests, []);
    });

    it('says what a cloud refused, and tries again when the ServiceAccount is annotated anew', async () => {
      cloud.aws.roles.set(subject, roleArn);
      await account({ 'eks.amazonaws.com/role-arn': `${roleArn}-of-others` });
      await create(registryHosts.ecr, { provider: 'aws', serviceAccountName: 'scanner' });
      await run({ hasObjectIdentity: true });
      const status = await untilFailed('ReadOperationFailed');
      assert.match(
        readyOf(status)?.message ?? '',
        /^scan failed: AWS STS AssumeRoleWithWebIdentity: sts\.eu-west-1\.amazonaws\.com answered 403: AccessDenied/,
      );
      await cluster.watcher.mergePatch(
        serviceAccountKind,
        { namespace, name: 'scanner' },
        { metadata: { annotations: { 'eks.amazonaws.com/role-arn': roleArn } } },
        { fieldManager: 'test' },
      );
      await untilSelected();
    });

    it('says which annotation is missing', async () => {
      await account({});
      await create(registryHosts.acr, { provider: 'azure', serviceAccountName: 'scanner' });
      await run({ hasObjectIdentity: true });
      const status = await untilFailed('ReadOperationFailed');
      assert.match(
        readyOf(status)?.message ?? '',
        /failed to get provider identity from service account 'default\/scanner' annotations: annotation azure\.workload\.identity\/tenant-id is not set/,
      );
    });

    it('asks no cloud for a host that is not its own', async () => {
      await create(cluster.registry.host, { provider: 'aws' });
      await run();
      const status = await untilFailed('ReadOperationFailed');
      assert.match(
        readyOf(status)?.message ?? '',
        /^scan failed: invalid AWS registry: '127\.0\.0\.1:\d+'\. must match /,
      );
      assert.deepEqual(cloud.requests, []);
    });

    it('asks the cloud and the registry through the proxy of the object, trusting its certificates', async () => {
      const texts = (data: Readonly<Record<string, string>>) =>
        Object.fromEntries(
          Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
        );
      const made = { apiVersion: 'v1', kind: 'Secret' as const };
      await cluster.user.create({
        ...made,
        metadata: { namespace, name: 'proxy' },
        data: texts({ address: cloud.proxy.url }),
      });
      await cluster.user.create({
        ...made,
        metadata: { namespace, name: 'ca' },
        data: texts({ 'ca.crt': cloud.ca }),
      });
      await create(registryHosts.ecr, {
        provider: 'aws',
        proxySecretRef: { name: 'proxy' },
        certSecretRef: { name: 'ca' },
      });
      const { HTTPS_PROXY: _, ...env } = cloud.env;
      await run({}, env);
      await untilSelected();
    });

    it('says that it may not make tokens', async () => {
      await cluster.close();
      cluster = await startReflectedCluster(() => apis.open(baseRoles));
      await account({ 'eks.amazonaws.com/role-arn': roleArn });
      await create(registryHosts.ecr, { provider: 'aws', serviceAccountName: 'scanner' });
      await run({ hasObjectIdentity: true });
      const status = await untilFailed('ReadOperationFailed');
      assert.match(
        readyOf(status)?.message ?? '',
        /failed to create kubernetes token for service account 'default\/scanner': .*forbid/,
      );
    });
  });
}
