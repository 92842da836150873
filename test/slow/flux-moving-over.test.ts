/** A Deployment of Flux's reflector, taken over by changing its program: the same arguments and environment. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { findReflectorConfig } from '../flux/build-reflector.ts';
import { eventually } from '../flux/eventually.ts';
import { policy, repository } from '../flux/objects.ts';
import { findFlux, holdfast, type RunningReflector, startReflector } from '../flux/reflector-program.ts';
import { group } from '../flux/sight.ts';
import { findWorldTools, startWorld, type World } from '../flux/world.ts';
import { runTool } from '../tools.ts';

const crds = fileURLToPath(new URL('../../deploy/crds', import.meta.url));
const tools = await findWorldTools();
const flux = await findFlux();
const config = await findReflectorConfig();

/** Flags of Flux that mean nothing here, each with a value that its reflector takes. */
const withoutEffect = [
  '--kube-api-qps=50',
  '--kube-api-burst=300',
  '--gc-interval=10',
  '--storage-value-log-file-size=268435456',
  '--storage-compression-threshold=64',
  '--feature-gates=CacheSecretsAndConfigMaps=true',
  '--watch-configs-label-selector=reconcile.fluxcd.io/watch=Enabled',
];

describe("a Deployment of Flux's reflector that changes its program", {
  skip: tools.missing || flux.tool.missing,
}, () => {
  let world: World;
  let running: RunningReflector;
  before(async () => {
    world = await startWorld(holdfast, tools, crds);
    await world.controller.stop();
    running = await startReflector(holdfast, {
      kubeconfig: world.server.kubeconfig(),
      storagePath: join(world.server.folder, 'moved'),
      flags: [...argumentsOfFlux(), ...withoutEffect],
    });
  });
  after(async () => {
    await running?.stop();
    await world?.stop();
  });

  it('starts, leads under the same lease, and is ready', async () => {
    const lease = `/apis/coordination.k8s.io/v1/namespaces/flux-system/leases/image-reflector-controller-leader-election`;
    await eventually(async () => (await fetch(`${running.healthUrl}/readyz`)).status, 200);
    const { spec } = await world.reader.get<{ readonly spec: { readonly holderIdentity: string } }>(lease);
    assert.notEqual(spec.holderIdentity, '');
  });

  it('names each flag that has no effect in a warning', () => {
    const warned = running
      .output()
      .split('\n')
      .filter((line) => line.includes('"level":"warn"') && line.includes('has no effect'));
    // Of gates each has its own warning.
    const named = (flag: string) => /^--feature-gates=(\w+)/.exec(flag)?.[1] ?? flag.split('=')[0] ?? flag;
    const unnamed = withoutEffect.filter((flag) => !warned.some((line) => line.includes(named(flag))));
    assert.deepEqual(unnamed, []);
  });

  it('serves what is there', async () => {
    world.registries.open.pushImage({ repository: 'team/app', tag: '1.0.0' });
    const image = `${world.registries.open.host}/team/app`;
    const items = [repository('app', { image }), policy('app')];
    await world.server.kubectl(['apply', '--namespace=default', '--filename=-'], {
      stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
    await eventually(
      async () => {
        const path = `${group}/namespaces/default/imagepolicies/app`;
        const { status } = await world.reader.get<{ readonly status?: { readonly latestRef?: object } }>(
          path,
        );
        return status?.latestRef;
      },
      { name: image, tag: '1.0.0' },
    );
  });

  it('takes every flag that Flux has', async () => {
    const { stdout, stderr } = await runTool(flux.tool, ['--help']);
    const theirs = [...`${stdout}${stderr}`.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
    const help = await runTool(holdfast.tool, [...holdfast.words, '--help']);
    const ours = new Set([...help.stdout.matchAll(/^ +--([a-z-]+)/gm)].map(([, name]) => name));
    assert.ok(theirs.length > 20);
    assert.deepEqual(
      theirs.filter((name) => !ours.has(name)),
      [],
    );
  });
});

type Deployment = {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly env: readonly { readonly name: string }[];
        }[];
      };
    };
  };
};

/** Of its own manifest, whose environment is what `startReflector` gives; addresses are free ports instead. */
function argumentsOfFlux(): readonly string[] {
  const text = readFileSync(join(config ?? '', 'manager', 'deployment.yaml'), 'utf8');
  const deployment = parseAllDocuments(text)[0]?.toJS() as Deployment;
  const [container] = deployment.spec.template.spec.containers;
  assert.deepEqual(
    container?.env.map(({ name }) => name),
    ['RUNTIME_NAMESPACE'],
  );
  return container?.args ?? [];
}
