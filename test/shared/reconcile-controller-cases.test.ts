/** Those of Flux's controller-level cases that take a whole controller, and those that take a real API server. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ApiServer, findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import {
  conditionOf,
  image,
  isReady,
  type ReflectedCluster,
  readyOf,
  type Status,
  startReflectedCluster,
} from '../reflected-cluster.ts';
import { sharedInput } from './inputs.ts';

const { path: file, missing } = sharedInput('cases/reconcile-cases.json');
const tools = await findApiServerTools();

type Pass = { readonly policy: string; readonly range: string; readonly interval?: string };
type Cases = {
  readonly scan: readonly {
    readonly name: string;
    readonly registryTags: readonly string[];
    readonly exclusionList: readonly string[] | null;
    readonly proxy?: 'unreachable';
    readonly expect: {
      readonly errorContains?: string;
      readonly tagCount?: number;
      readonly latestTags?: readonly string[];
    };
  }[];
  readonly digestReflection: readonly {
    readonly name: string;
    readonly firstPass: Pass;
    readonly secondPass: Pass;
    readonly expect: { readonly digest1: string; readonly digest2: string; readonly previousRef2: null };
  }[];
  readonly events: readonly {
    readonly kind: string;
    readonly name: string;
    readonly old: { readonly ready: boolean };
    readonly new: { readonly ready: boolean };
    readonly expect: string;
  }[];
  readonly apiValidation: readonly {
    readonly name: string;
    readonly spec: object;
    readonly expectError: string;
    readonly controllerStalledReason?: string;
  }[];
};

/** A failed scan says what to do, in other words than Flux: this is listed as deliberate. */
const ourWords: Readonly<Record<string, RegExp>> = {
  '404 Not Found': /the registry knows no such repository/,
  'connection refused': /ECONNREFUSED|connection refused/,
  'failed to compile regex': /failed to compile regex/,
};

const hasEnded = (status: Status): boolean => (readyOf(status)?.status ?? 'Unknown') !== 'Unknown';

/** A test on a cluster of its own, with a replica that leads. */
async function onCluster(play: (cluster: ReflectedCluster) => Promise<void>): Promise<void> {
  const cluster = await startReflectedCluster();
  try {
    await play(cluster);
  } finally {
    await cluster.close();
  }
}

function createRepository(cluster: ReflectedCluster, spec: Record<string, unknown> = {}): Promise<void> {
  const { host } = cluster.registry;
  return cluster.create('ImageRepository', 'app', { image: `${host}/${image}`, interval: '1h', ...spec });
}

const requestScan = (cluster: ReflectedCluster, token: string): Promise<void> =>
  cluster.patch('ImageRepository', 'app', {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } },
  });

describe('the cases of Flux, played by the controller', { skip: missing }, () => {
  const cases = missing === false ? (JSON.parse(readFileSync(file, 'utf8')) as Cases) : undefined;

  for (const { name, registryTags, exclusionList, proxy, expect } of cases?.scan ?? []) {
    it(`scan: ${name}`, () =>
      onCluster(async (cluster) => {
        cluster.push(...registryTags);
        if (proxy !== undefined) {
          await cluster.user.create({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'proxy', namespace: 'default' },
            data: { address: Buffer.from('http://127.0.0.1:1').toString('base64') },
          });
        }
        await createRepository(cluster, {
          ...(exclusionList === null ? {} : { exclusionList }),
          ...(proxy === undefined ? {} : { proxySecretRef: { name: 'proxy' } }),
        });
        await cluster.replica('one');
        const status = await cluster.until('ImageRepository', 'app', hasEnded);
        const { errorContains, ...found } = expect;
        assert.equal(isReady(status), errorContains === undefined);
        if (errorContains !== undefined) {
          assert.match(readyOf(status)?.message ?? '', ourWords[errorContains] ?? /never/);
          return;
        }
        assert.equal(status.lastScanResult?.tagCount, found.tagCount);
        assert.deepEqual(status.lastScanResult?.latestTags, found.latestTags);
      }));
  }

  for (const { name, firstPass, secondPass, expect } of cases?.digestReflection ?? []) {
    it(`digest: ${name}`, () =>
      onCluster(async (cluster) => {
        const tags = ['v1.0.0', 'v1.1.0', 'v1.1.1', 'v2.0.0'];
        const push = (seed: string) =>
          new Map(
            tags.map((tag) => {
              const { digest } = cluster.registry.pushImage({
                repository: image,
                tag,
                seed: `${seed}:${tag}`,
              });
              return [`${seed}(${tag})`, digest as string];
            }),
          );
        const specOf = ({ policy, range, interval }: Pass) => ({
          policy: { semver: { range } },
          digestReflectionPolicy: policy,
          interval: policy === 'Always' ? interval : null,
        });
        const first = push('A');
        await createRepository(cluster);
        const { interval, ...spec } = specOf(firstPass);
        await cluster.create('ImagePolicy', 'app', {
          imageRepositoryRef: { name: 'app' },
          ...spec,
          ...(interval === null ? {} : { interval }),
        });
        await cluster.replica('one');
        const before = await cluster.until('ImagePolicy', 'app', isReady);
        assert.equal(before.latestRef?.digest, first.get(expect.digest1));
        const second = push('B');
        await cluster.patch('ImagePolicy', 'app', { spec: specOf(secondPass) });
        await requestScan(cluster, 'again');
        await cluster.until(
          'ImageRepository',
          'app',
          (status) => status.lastHandledReconcileAt === 'again' && isReady(status),
        );
        const changed = await cluster.until(
          'ImagePolicy',
          'app',
          (status, { metadata }) => isReady(status) && status.observedGeneration === metadata['generation'],
        );
        assert.equal(changed.latestRef?.digest, new Map([...first, ...second]).get(expect.digest2));
        assert.equal(changed.observedPreviousRef ?? null, expect.previousRef2);
      }));
  }

  // Flux's third kind is its image-automation-controller's, which stays.
  for (const row of (cases?.events ?? []).filter(({ kind }) => kind === 'ImageRepository')) {
    it(`event: ${row.name}`, () =>
      onCluster(async (cluster) => {
        assert.equal(row.old.ready, true);
        cluster.push('v1.0.0');
        await createRepository(cluster);
        const { events } = await cluster.replica('one');
        await cluster.until('ImageRepository', 'app', isReady);
        const before = events.length;
        if (!row.new.ready) {
          cluster.registry.faults.add({
            match: { endpoint: 'tags' },
            fault: { kind: 'status', status: 403 },
          });
        }
        await requestScan(cluster, 'again');
        await cluster.until(
          'ImageRepository',
          'app',
          (status) => status.lastHandledReconcileAt === 'again' && isReady(status) === row.new.ready,
        );
        const told = events.slice(before).map(({ type }) => type);
        const [type] = row.expect.split(' ');
        // What Flux only traces is no event: nothing changed.
        assert.deepEqual(told, type === 'Trace' ? [] : [type]);
      }));
  }

  for (const { name, spec, controllerStalledReason } of cases?.apiValidation ?? []) {
    if (controllerStalledReason === undefined) continue;
    it(`stalled, where the API server let it pass: ${name}`, () =>
      onCluster(async (cluster) => {
        cluster.push('v1.0.0');
        await createRepository(cluster);
        const policy = { semver: { range: '1.x' } };
        await cluster.create('ImagePolicy', 'app', { imageRepositoryRef: { name: 'app' }, policy, ...spec });
        await cluster.replica('one');
        const status = await cluster.until(
          'ImagePolicy',
          'app',
          (now) => conditionOf(now, 'Stalled') !== undefined,
        );
        assert.equal(conditionOf(status, 'Stalled')?.reason, controllerStalledReason);
      }));
  }

  describe('by a real API server', { skip: tools.missing }, () => {
    let server: ApiServer;
    before(async () => {
      server = await startApiServer(tools);
      const crds = fileURLToPath(new URL('../../deploy/crds', import.meta.url));
      await server.kubectl(['apply', `--kustomize=${crds}`]);
      await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    });
    after(() => server?.stop());

    for (const { name, spec, expectError } of cases?.apiValidation ?? []) {
      it(`refused: ${name}`, async () => {
        const object = {
          apiVersion: 'image.toolkit.fluxcd.io/v1',
          kind: 'ImagePolicy',
          metadata: { name: 'app', namespace: 'default' },
          spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '1.x' } }, ...spec },
        };
        const stdin = JSON.stringify(object);
        const { status, stderr } = await server.tryKubectl(['create', '--filename=-'], { stdin });
        assert.equal(status, 1);
        assert.ok(stderr.includes(expectError), stderr);
      });
    }
  });
});
