/** The controller as users run it: the image of the Dockerfile and the manifests of deploy/, on a real node. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findReflectorConfig } from '../flux/build-reflector.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { formatRight, grantedBy } from '../kubernetes/audit.ts';
import {
  type DeployedCluster,
  imageTag,
  reflectorImage,
  startDeployedCluster,
} from '../kubernetes/deployed-cluster.ts';
import { findImageTools } from '../kubernetes/holdfast-image.ts';
import { findNodeTools } from '../kubernetes/node.ts';
import { deployedRules } from '../reflected-api.ts';
import { type SelectionWatch, watchSelections } from '../replay/watch-selections.ts';
import { findFreePort, startServerProcess } from '../server-process.ts';

const tools = {
  api: await findApiServerTools(),
  node: await findNodeTools(),
  image: findImageTools(),
};
const fluxConfig = await findReflectorConfig();

/** Of everything together: it takes some two minutes, half of it to build the image. */
const suiteMs = 900_000;

/** Before what a cluster should come to is given up. */
const patienceMs = 120_000;
const lookMs = 200;

const repository = 'team/app';
const namespace = 'apps';
const account = 'system:serviceaccount:flux-system:holdfast';

/** Granted for what no test can bring about at will. */
const rightsForRareTimes = new Set([
  // The object is read again after another writer was first.
  'get imagerepositories.image.toolkit.fluxcd.io',
  'get imagepolicies.image.toolkit.fluxcd.io',
]);

describe('holdfast controller in a pod', {
  skip: tools.api.missing || tools.node.missing || tools.image.missing,
  timeout: suiteMs,
}, () => {
  let cluster: DeployedCluster;
  let selections: SelectionWatch;
  let version = 0;

  const kubectl = (words: readonly string[]): Promise<string> => cluster.server.kubectl(words);

  before(async () => {
    cluster = await startDeployedCluster(tools);
    await cluster.server.kubectl(['create', 'namespace', namespace]);
    await cluster.server.kubectl(['create', 'namespace', 'flux-system']);
    // Pods that a careful administrator would not admit are refused, and a warning is an error of ours.
    await kubectl(['label', 'namespace', 'flux-system', 'pod-security.kubernetes.io/enforce=restricted']);
    selections = await watchSelections(cluster.server.etcdUrl, namespace);
  });
  after(async () => {
    await selections?.stop();
    await cluster?.stop();
  });

  it('starts from deploy/base, on its volume, under the restricted standard', async () => {
    await cluster.addVolume('flux-system', 'holdfast');
    await kubectl(['apply', '--kustomize', cluster.overlay('crds')]);
    const applied = await cluster.server.tryKubectl(['apply', '--kustomize', cluster.overlay('base')]);
    assert.equal(applied.status, 0, applied.stderr);
    assert.doesNotMatch(applied.stderr, /would violate PodSecurity/);
    await rolledOut('deployment/holdfast', 'flux-system');
    const claim = await kubectl(['get', 'pvc', 'holdfast', '-n=flux-system', '-o=jsonpath={.status.phase}']);
    assert.equal(claim, 'Bound');
  });

  for (const { folder, component } of [
    { folder: 'base' },
    { folder: 'base', component: 'workload-identity' },
    { folder: 'postgres' },
    { folder: 'postgres-all-active' },
  ]) {
    it(`is taken without a warning: deploy/${folder} ${component ?? ''}`, async () => {
      const more = component === undefined ? {} : { components: [cluster.fromOverlay(component)] };
      const words = ['apply', '--dry-run=server', '--kustomize', cluster.overlay(folder, more)];
      const { status, stderr } = await cluster.server.tryKubectl(words);
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
    });
  }

  it('selects what the registry has, and tells events', async () => {
    await publish();
    await apply(objects());
    await selected();
    await until('events', async () =>
      (await kubectl(['get', 'events', `-n=${namespace}`])).includes('resolved to'),
    );
    await until('a notification', async () =>
      cluster.notifications.some((body) => body.includes('resolved to')),
    );
  });

  it('answers from its ledger to a person in its pod, who need not say where that is', async () => {
    const stdin = await kubectl(['get', 'imagerepositories,imagepolicies', '-A', '-o=json']);
    const command = ['holdfast', 'hygiene', '--snapshot', '-', '--output', 'json'];
    const words = ['exec', '-i', '-n=flux-system', 'deployment/holdfast', '--', ...command];
    const { stdout, stderr } = await cluster.server.tryKubectl(words, { stdin });
    assert.partialDeepStrictEqual(
      JSON.parse(stdout || 'null'),
      { repositories: [{ name: 'app', tags: 1 }] },
      stderr,
    );
  });

  it('tells an event that comes again as one', async () => {
    const isReady = (status: string) => async () =>
      (await kubectl([
        'get',
        'imagerepository/app',
        `-n=${namespace}`,
        '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}',
      ])) === status;
    const undo = cluster.registry.faults.add({
      match: { endpoint: 'tags' },
      fault: { kind: 'status', status: 403 },
    });
    await requestScan();
    await until('a failure', isReady('False'));
    undo();
    await requestScan();
    await until('a recovery', isReady('True'));
    const counts = ['get', 'events', `-n=${namespace}`, '-o=jsonpath={.items[*].count}'];
    await until('a counted event', async () => (await kubectl(counts)).split(' ').includes('2'));
  });

  it('uses secrets, accounts and repositories of other namespaces that its rights let it read', async () => {
    await kubectl([
      'create',
      'secret',
      'docker-registry',
      'pull',
      `-n=${namespace}`,
      '--docker-server=registry.example',
      '--docker-username=someone',
      '--docker-password=secret',
    ]);
    await kubectl(['create', 'serviceaccount', 'puller', `-n=${namespace}`]);
    await apply([
      imageRepository('guarded', { secretRef: { name: 'pull' }, serviceAccountName: 'puller' }),
      imageRepository('shared', { accessFrom: { namespaceSelectors: [{ matchLabels: {} }] } }),
      imagePolicy('abroad', 'default', { name: 'shared', namespace }),
    ]);
    await kubectl([
      'wait',
      '--for=condition=Ready',
      '--timeout=60s',
      `-n=${namespace}`,
      'imagerepository/guarded',
    ]);
    await kubectl(['wait', '--for=condition=Ready', '--timeout=60s', '-n=default', 'imagepolicy/abroad']);
  });

  it('serves health and metrics, and sees the memory limit of its pod', async () => {
    const { metrics, healthy, ready } = await readPorts('deployment/holdfast', 'flux-system');
    assert.equal(healthy, 200);
    assert.equal(ready, 200);
    assert.match(metrics, new RegExp(`^holdfast_memory_limit_bytes\\S* ${512 * 1024 * 1024}$`, 'm'));
    assert.match(metrics, /^gotk_reconcile_duration_seconds_count/m);
  });

  it('hands over in a rollout, and goes on without a step back', async () => {
    await publish();
    await kubectl(['rollout', 'restart', 'deployment/holdfast', '-n=flux-system']);
    await publish();
    await rolledOut('deployment/holdfast', 'flux-system');
    await requestScan();
    await selected();
    assert.deepEqual(selections.stepsBack(), []);
  });

  it('lets a deleted object go', async () => {
    await kubectl(['delete', 'imagepolicy/abroad', '-n=default', '--timeout=60s']);
  });

  it('has every right that it asks for, and none that it never uses', () => {
    const asked = cluster.audit.askedBy(account);
    assert.deepEqual(asked.filter(({ isAllowed }) => !isAllowed).map(formatRight), []);
    const granted = grantedBy(deployedRules());
    const used = new Set(asked.map(formatRight));
    assert.deepEqual(
      granted.filter((right) => !used.has(right) && !rightsForRareTimes.has(right)),
      [],
      'granted and never used',
    );
    assert.deepEqual(
      [...used].filter((right) => !granted.includes(right)),
      [],
      'granted by nobody here, and allowed all the same',
    );
  });

  it('moves over to two replicas on PostgreSQL, and hands over when a pod goes', async () => {
    const url = await cluster.createDatabase();
    await kubectl([
      'create',
      'secret',
      'generic',
      'holdfast-ledger',
      '-n=flux-system',
      `--from-literal=url=${url}`,
    ]);
    await kubectl(['apply', '--kustomize', cluster.overlay('postgres')]);
    await rolledOut('deployment/holdfast', 'flux-system');
    await publish();
    await requestScan();
    await selected();
    const holder = await leaseHolder('flux-system');
    const [pod = ''] = holder.split('_');
    await kubectl(['delete', 'pod', pod, '-n=flux-system', '--wait=false']);
    await until('another pod leads', async () => ![holder, ''].includes(await leaseHolder('flux-system')));
    await publish();
    await requestScan();
    await selected();
    assert.deepEqual(selections.stepsBack(), []);
  });

  it('is removed without a trace of it on the objects that stay, and takes them up again', async () => {
    await kubectl(['delete', '--kustomize', cluster.overlay('postgres'), '--timeout=60s']);
    const policy = await kubectl([
      'get',
      'imagepolicy/app',
      `-n=${namespace}`,
      '-o=jsonpath={.status.latestRef.tag}',
    ]);
    assert.equal(policy, `1.0.${version}`);
    const pods = ['pod', '--selector=app.kubernetes.io/name=holdfast', '-n=flux-system'];
    await kubectl(['wait', '--for=delete', ...pods, '--timeout=60s']);
    // Nobody is there to let go of it: this is what a finalizer is for, and how people get stuck.
    const guarded = ['imagerepository/guarded', `-n=${namespace}`];
    await kubectl(['delete', ...guarded, '--wait=false']);
    await kubectl(['get', ...guarded]);
    await kubectl(['apply', '--kustomize', cluster.overlay('postgres')]);
    await rolledOut('deployment/holdfast', 'flux-system');
    await kubectl(['wait', '--for=delete', ...guarded, '--timeout=60s']);
  });

  it('takes the place of Flux in its own Deployment, by the image alone', { skip: skipFlux() }, async () => {
    await kubectl(['delete', 'deployment/holdfast', '-n=flux-system', '--timeout=60s']);
    const images = [
      {
        name: 'fluxcd/image-reflector-controller',
        newName: `${cluster.registry.host}/${reflectorImage}`,
        newTag: imageTag,
      },
    ];
    const of = `${fluxConfig}/default`;
    await kubectl([
      'apply',
      '--server-side',
      '--force-conflicts',
      '--kustomize',
      cluster.overlay(of, { images }),
    ]);
    await rolledOut('deployment/image-reflector-controller', 'image-reflector-system');
    await publish();
    await requestScan();
    await selected();
    assert.deepEqual(selections.stepsBack(), []);
  });

  async function apply(items: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await cluster.server.kubectl(['apply', '--filename=-'], { stdin });
  }

  async function publish(): Promise<void> {
    version += 1;
    cluster.registry.pushImage({ repository, tag: `1.0.${version}`, labels: {} });
  }

  async function requestScan(): Promise<void> {
    const words = ['imagerepository/app', '--overwrite', `-n=${namespace}`];
    await kubectl(['annotate', ...words, `reconcile.fluxcd.io/requestedAt=${Date.now()}`]);
  }

  async function selected(): Promise<void> {
    await until(`1.0.${version}`, async () => selections.tagsOf('app').at(-1) === `1.0.${version}`);
  }

  async function leaseHolder(where: string): Promise<string> {
    return (
      await kubectl(['get', 'leases', `-n=${where}`, '-o=jsonpath={.items[*].spec.holderIdentity}'])
    ).trim();
  }

  function objects(): readonly object[] {
    return [imageRepository('app', {}), imagePolicy('app', namespace, { name: 'app' })];
  }

  function imageRepository(name: string, more: object): object {
    return {
      apiVersion: 'image.toolkit.fluxcd.io/v1',
      kind: 'ImageRepository',
      metadata: { name, namespace },
      spec: { image: `${cluster.registryOfPods}/${repository}`, interval: '1h', insecure: true, ...more },
    };
  }

  async function rolledOut(workload: string, where: string): Promise<void> {
    const words = ['rollout', 'status', workload, `-n=${where}`, `--timeout=${patienceMs / 1000}s`];
    const { status, stderr } = await cluster.server.tryKubectl(words);
    if (status === 0) return;
    throw new Error(`${stderr}\n${await describePods(where)}`);
  }

  async function describePods(where: string): Promise<string> {
    const described = await kubectl(['describe', 'pods', `-n=${where}`]);
    const logs = await cluster.server.tryKubectl([
      'logs',
      `-n=${where}`,
      '--selector=app.kubernetes.io/name=holdfast',
      '--tail=50',
    ]);
    return `${described}\n${logs.stdout}${logs.stderr}`;
  }

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + patienceMs; !(await isSo()); await pause(lookMs)) {
      if (Date.now() > deadline)
        throw new Error(`it never came to be: ${what}\n${await describePods('flux-system')}`);
    }
  }

  /** As a person would look: through a forwarded port. */
  async function readPorts(workload: string, where: string) {
    const [metricsPort, healthPort] = [await findFreePort(), await findFreePort()];
    const get = (path: string) => fetch(`http://127.0.0.1:${path}`);
    const forwarding = await startServerProcess(
      tools.api.kubectl,
      [
        `--kubeconfig=${cluster.server.kubeconfig()}`,
        'port-forward',
        workload,
        `-n=${where}`,
        `${metricsPort}:8080`,
        `${healthPort}:9440`,
      ],
      {
        isReady: () =>
          get(`${healthPort}/healthz`).then(
            ({ ok }) => ok,
            () => false,
          ),
      },
    );
    try {
      return {
        metrics: await (await get(`${metricsPort}/metrics`)).text(),
        healthy: (await get(`${healthPort}/healthz`)).status,
        ready: (await get(`${healthPort}/readyz`)).status,
      };
    } finally {
      await forwarding.stop();
    }
  }
});

function imagePolicy(name: string, namespaceOf: string, imageRepositoryRef: object): object {
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata: { name, namespace: namespaceOf },
    spec: { imageRepositoryRef, policy: { semver: { range: '1.x' } } },
  };
}

function skipFlux(): false | string {
  return fluxConfig === undefined ? "the module of Flux's reflector is not here" : false;
}
