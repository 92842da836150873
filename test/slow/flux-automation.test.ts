/**
 * Flux's image-automation-controller on what `holdfast controller` writes: real Git over HTTP, a real API server.
 * And the same with Flux's own reflector, observed: what we would have refused is seen to be committed there.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type Automation,
  findAutomationTools,
  imageIn,
  namespace,
  startAutomation,
} from '../flux/automation-world.ts';
import { eventually } from '../flux/eventually.ts';
import { policy, repository } from '../flux/objects.ts';
import { findFlux, holdfast, startReflector } from '../flux/reflector-program.ts';
import { group } from '../flux/sight.ts';
import { findWorldTools, startWorld, type World } from '../flux/world.ts';
import { auditIn } from '../kubernetes/audit.ts';

const crds = fileURLToPath(new URL('../../deploy/crds', import.meta.url));
const servers = await findWorldTools();
const tools = await findAutomationTools();
const flux = await findFlux();
const missing = servers.missing || tools.missing;

const marker = (text: string) => `# {"$imagepolicy": "${namespace}:${text}"}`;
const deployment = `# The shop, as it runs.
containers:
  - name: shop
    image: IMAGE:0.9.0 ${marker('app')}
  - name: other
    image: example.com/other:1.0.0
`;
const values = `image:
  repository: somewhere ${marker('pinned:name')}
  tag: old ${marker('pinned:tag')}
  digest: none ${marker('pinned:digest')}
whole: nothing ${marker('pinned')}
`;

type Policy = {
  readonly status?: {
    readonly latestRef?: { readonly tag: string; readonly digest?: string };
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  };
};

describe("Flux's image-automation-controller on our statuses", { skip: missing }, () => {
  let world: World;
  let automation: Automation;
  before(async () => {
    world = await startWorld(holdfast, servers, crds);
    push(world, '1.0.0');
    automation = await startAutomation(tools, world, {
      'deployment.yaml': deployment,
      'values.yaml': values,
    });
  });
  after(async () => {
    await automation?.stop();
    await world?.stop();
  });

  it('commits what a new policy selects, at the marker and nowhere else', async () => {
    await apply(world, repository('app', { image: imageIn(world) }), policy('app'));
    const old = deployment.replaceAll('IMAGE', imageIn(world));
    await eventually(() => automation.git.read('deployment.yaml'), old.replace(':0.9.0', ':1.0.0'));
  });

  it('commits a newer tag', async () => {
    push(world, '1.1.0');
    await scan(world);
    const image = imageIn(world);
    const change = [
      `-    image: ${image}:1.0.0 ${marker('app')}`,
      `+    image: ${image}:1.1.0 ${marker('app')}`,
    ];
    await eventually(() => automation.git.lastChange(), change);
    assert.equal((await automation.git.subjects())[0], `${image}:1.0.0 -> ${image}:1.1.0`);
  });

  it('commits name, tag and digest, each at its marker', async () => {
    const digest = world.registries.open.pushImage({ repository: namespace, tag: '2.0.0', seed: '2' }).digest;
    const pinned = { imageRepositoryRef: { name: 'app' }, digestReflectionPolicy: 'IfNotPresent' };
    await apply(world, policy('pinned', { ...pinned, policy: { semver: { range: '>=2' } } }));
    await scan(world);
    const image = imageIn(world);
    await eventually(
      () => automation.git.read('values.yaml'),
      [
        'image:',
        `  repository: ${image} ${marker('pinned:name')}`,
        `  tag: 2.0.0 ${marker('pinned:tag')}`,
        `  digest: ${digest} ${marker('pinned:digest')}`,
        `whole: ${image}:2.0.0@${digest} ${marker('pinned')}`,
        '',
      ].join('\n'),
    );
  });

  it('commits nothing where going back was refused', async () => {
    await automation.run('fleet');
    const before = await automation.git.subjects();
    world.registries.open.deleteManifest(namespace, '2.0.0');
    await scan(world);
    await eventually(() => reasonOf(world, 'app'), 'RegressionRefused');
    await automation.run('fleet');
    assert.deepEqual(await automation.git.subjects(), before);
    assert.match(await automation.git.read('deployment.yaml'), /:2\.0\.0 #/);
  });

  it('commits the older tag once a person consents to it', async () => {
    const consent = 'holdfast.dev/allow-rollback=1.1.0';
    await world.server.kubectl(['annotate', `--namespace=${namespace}`, 'imagepolicy/app', consent]);
    const image = imageIn(world);
    await eventually(async () => (await automation.git.subjects())[0], `${image}:2.0.0 -> ${image}:1.1.0`);
  });
});

describe("holdfast controller --observe beside Flux's reflector", {
  skip: missing || flux.tool.missing,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-observe-'));
  const audit = auditIn(folder);
  const stopping: (() => Promise<unknown>)[] = [];
  let world: World;
  let automation: Automation;
  let observer: Awaited<ReturnType<typeof startReflector>>;
  before(async () => {
    const options = { users: { observer: ['system:masters'] }, flags: audit.flags };
    world = await startWorld(flux, servers, crds, options);
    stopping.push(() => world.stop());
    for (const tag of ['1.0.0', '1.1.0']) push(world, tag);
    automation = await startAutomation(tools, world, { 'deployment.yaml': deployment });
    stopping.push(() => automation.stop());
    observer = await startReflector(holdfast, {
      kubeconfig: world.server.kubeconfig('observer'),
      storagePath: join(world.server.folder, 'observer'),
      flags: ['--observe', '--log-encoding=json'],
    });
    stopping.push(() => observer.stop());
  });
  after(async () => {
    for (const stop of stopping.toReversed()) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what it would refuse, which Flux commits', async () => {
    await apply(world, repository('app', { image: imageIn(world), interval: '3s' }), policy('app'));
    await eventually(async () => (await statusOf(world, 'app'))?.latestRef?.tag, '1.1.0');
    await eventually(async () => /:1\.1\.0 #/.test(await automation.git.read('deployment.yaml')), true);
    await eventually(async () => observer.output().includes('successful scan: found 2 tags'), true);
    const match = { endpoint: 'tags' } as const;
    world.registries.open.faults.add({ match, fault: { kind: 'truncated-tags', keep: 1 } });
    await eventually(async () => (await statusOf(world, 'app'))?.latestRef?.tag, '1.0.0');
    await eventually(async () => /:1\.0\.0 #/.test(await automation.git.read('deployment.yaml')), true);
    const refused = 'would refuse: status.latestRef went back to 1.0.0, which ranks below 1.1.0';
    await eventually(async () => observer.output().includes(refused), true);
  });

  it('asks the API server for nothing but to read', () => {
    const verbs = audit.askedBy('observer').map(({ verb }) => verb);
    assert.ok(verbs.includes('watch'));
    assert.deepEqual(
      verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb)),
      [],
    );
  });
});

function push({ registries }: World, tag: string): void {
  registries.open.pushImage({ repository: namespace, tag, seed: tag });
}

let scans = 0;

async function scan({ server }: World): Promise<void> {
  scans += 1;
  const requested = `reconcile.fluxcd.io/requestedAt=scan-${scans}`;
  const words = ['annotate', `--namespace=${namespace}`, '--overwrite', 'imagerepository/app'];
  await server.kubectl([...words, requested]);
}

async function apply({ server }: World, ...items: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items };
  await server.kubectl(['apply', `--namespace=${namespace}`, '--filename=-'], {
    stdin: JSON.stringify(list),
  });
}

async function statusOf({ reader }: World, name: string): Promise<Policy['status']> {
  const path = `${group}/namespaces/${namespace}/imagepolicies/${name}`;
  return (await reader.get<Policy>(path)).status;
}

async function reasonOf(world: World, name: string): Promise<string | undefined> {
  const conditions = (await statusOf(world, name))?.conditions ?? [];
  return conditions.find(({ type }) => type === 'holdfast.dev/Selection')?.reason;
}
