import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { type ManualTiming, manualTiming } from '../../test/manual-timing.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { ClusterError } from '../cluster/errors.ts';
import type { KubernetesClient, KubernetesObject } from '../cluster/kubernetes-client.ts';
import { silentLog } from '../log.ts';
import { type AccessChanges, type AccessPurpose, makeAccessChanges } from './access-changes.ts';
import { keyOf, makeObjectStore, type ObjectStore } from './object-store.ts';

const namespace = 'team';

describe('changes of what access is read from', () => {
  let timing: ManualTiming;
  let secrets: Map<string, string>;
  let reads: string[];
  let woken: string[];
  let isAway: boolean;
  let repositories: ObjectStore<ImageRepository>;
  let changes: AccessChanges;

  beforeEach(() => {
    timing = manualTiming();
    secrets = new Map([['login', 'one']]);
    reads = [];
    woken = [];
    isAway = false;
    repositories = makeObjectStore();
    changes = makeAccessChanges({
      client: clientOf(),
      repositories,
      options: {
        namespace: undefined,
        labelSelector: undefined,
        noCrossNamespaceRefs: false,
        concurrency: 1,
        requeueDependencyMs: 1,
        retry: { minMs: 1, maxMs: 1 },
        defaultServiceAccount: undefined,
        hasObjectIdentity: false,
        observe: false,
        selectedDigestMs: 1,
      },
      timing,
      log: silentLog,
      wake: (key) => woken.push(key),
    });
  });

  /** A cluster of Secrets and nothing else. */
  function clientOf(): KubernetesClient {
    const never = (): never => assert.fail('nothing but reading is asked for');
    return {
      async read(_kind, { name }): Promise<KubernetesObject | undefined> {
        reads.push(name);
        if (isAway) throw new ClusterError('CLUSTER_UNREACHABLE', 'away', { retryable: true });
        const password = secrets.get(name);
        if (password === undefined) return undefined;
        const auths = { 'registry.test': { username: 'jane', password } };
        const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
        return { metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data };
      },
      list: never,
      watch: never,
      create: never,
      requestToken: never,
      replace: never,
      mergePatch: never,
      remove: never,
    };
  }

  function repositoryOf(name: string, secret = 'login', spec: object = {}): ImageRepository {
    const repository = parseImageRepository({
      metadata: { name, namespace, uid: name, resourceVersion: '1', generation: 1 },
      spec: { image: 'registry.test/app', interval: '1h', secretRef: { name: secret }, ...spec },
    });
    repositories.put(repository);
    return repository;
  }

  async function read(repository: ImageRepository, purpose: AccessPurpose = 'scan'): Promise<void> {
    const { spec } = repository;
    assert.ok(!(spec instanceof FieldError));
    const subject = { repository, spec, host: 'registry.test' };
    await changes.read(subject, purpose, new AbortController().signal).catch(() => undefined);
  }

  const change = (name = 'login') => changes.sourceChanged({ kind: 'Secret', namespace, name });

  it('wake whoever would go another way now, and are owed a scan until then', async () => {
    const app = repositoryOf('app');
    await read(app);
    secrets.set('login', 'two');
    change();
    await timing.advance(1000);
    assert.deepEqual(woken, ['team/app']);
    assert.ok(changes.isOther(keyOf(app)));
    await read(app);
    assert.ok(!changes.isOther(keyOf(app)));
  });

  it('wake nobody where nothing that counts is other, or nobody read it', async () => {
    await read(repositoryOf('app'));
    change();
    change('of-others');
    changes.sourceChanged({ kind: 'ServiceAccount', namespace, name: 'login' });
    changes.sourceChanged({ kind: 'Secret', namespace: 'elsewhere', name: 'login' });
    await timing.advance(10_000);
    assert.deepEqual(woken, []);
  });

  it('are looked at together, and seldom, however many there are', async () => {
    const many = Array.from({ length: 100 }, (_, at) => repositoryOf(`app-${at}`));
    for (const repository of many) await read(repository);
    reads = [];
    secrets.set('login', 'two');
    for (let at = 0; at < 1000; at += 1) {
      change();
      await timing.advance(10);
    }
    assert.equal(new Set(woken).size, 100);
    // Ten seconds: the first look after 300 ms, then one each two seconds; one reading of the Secret in each.
    assert.ok(reads.length <= 6, `${reads.length} reads`);
  });

  it('wake whoever found nothing when it appears, and whoever used it when it goes', async () => {
    await read(repositoryOf('waiting', 'later'));
    await read(repositoryOf('using'));
    secrets.set('later', 'one');
    change('later');
    await timing.advance(1000);
    assert.deepEqual(woken, ['team/waiting']);
    secrets.delete('login');
    change();
    await timing.advance(10_000);
    assert.deepEqual(woken, ['team/waiting', 'team/using']);
  });

  it('are looked for everywhere when hearing begins, but where no scan was since the start', async () => {
    await read(repositoryOf('scanned'));
    await read(repositoryOf('healthy'), 'digest');
    secrets.set('login', 'two');
    changes.anySourceChanged();
    await timing.advance(1000);
    assert.deepEqual(woken, ['team/scanned']);
  });

  it('are looked at again where the API server is away', async () => {
    await read(repositoryOf('app'));
    secrets.set('login', 'two');
    isAway = true;
    change();
    await timing.advance(1000);
    assert.deepEqual(woken, []);
    isAway = false;
    await timing.advance(2000);
    assert.deepEqual(woken, ['team/app']);
  });

  it('are nothing to those that are suspended, forgotten or closed', async () => {
    await read(repositoryOf('suspended', 'login', { suspend: true }));
    await read(repositoryOf('forgotten'));
    changes.forget('team/forgotten');
    secrets.set('login', 'two');
    change();
    await timing.advance(1000);
    assert.deepEqual(woken, []);
    await read(repositoryOf('open'));
    change();
    changes.close();
    await timing.advance(10_000);
    assert.equal(timing.nextInMs(), undefined);
  });
});
