import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { generatedFiles } from '../scripts/generate.ts';
import {
  type ControllerSettings,
  controllerFlags,
  readControllerSettings,
} from '../src/cli/controller/controller-flags.ts';

const ledgerUrl = 'postgres://holdfast:secret@db/holdfast';

describe('deploy', () => {
  it('holds the definitions that the code generates', () => {
    for (const [path, text] of generatedFiles()) {
      assert.equal(read(path), text, `${path} is old: npm run generate`);
    }
  });

  it('starts the controller with flags that it has, and that say something', () => {
    const settings = settingsFor(controllerArguments(), environmentOf(containerOfBase()));
    assert.equal(settings.ledger, '/data/holdfast.db');
    assert.equal(settings.isElected, true);
  });

  it('replaces the right arguments where replicas share a ledger', () => {
    const words = [...controllerArguments()];
    const leading = settingsFor(words, { HOLDFAST_LEDGER: ledgerUrl });
    assert.deepEqual(
      [leading.ledger, leading.isElected, leading.replicasActive],
      [ledgerUrl, true, 'leader'],
    );
    patchArguments(words, 'deploy/postgres-all-active/kustomization.yaml');
    const sharing = settingsFor(words, { HOLDFAST_LEDGER: ledgerUrl });
    assert.deepEqual([sharing.ledger, sharing.isElected, sharing.replicasActive], [ledgerUrl, false, 'all']);
  });

  it('gives the place of a shared ledger, with its password, by a variable from a Secret and no argument', () => {
    const patches = patchesOf('deploy/postgres/kustomization.yaml').filter(({ path }) =>
      path.includes('/env/'),
    );
    const url = {
      name: 'HOLDFAST_LEDGER',
      valueFrom: { secretKeyRef: { name: 'holdfast-ledger', key: 'url' } },
    };
    assert.deepEqual(
      patches.map(({ op, value }) => [op, value]),
      [
        ['test', 'HOLDFAST_LEDGER'],
        ['replace', url],
      ],
    );
    assert.equal(containerOfBase().env[0]?.name, 'HOLDFAST_LEDGER');
    for (const folder of ['postgres', 'postgres-all-active']) {
      assert.doesNotMatch(read(`deploy/${folder}/kustomization.yaml`), /--ledger|\$\(/);
    }
  });

  it('requests no less memory than an idle controller takes, and allows several times as much', () => {
    const page = read('docs/commands/controller.md');
    const idle = Number(/^\| idle memory, one repository \| (\d+) MB/m.exec(page)?.[1]) * 1e6;
    const [, request, limit] =
      /requests: \{.*memory: (\d+)Mi\}\s+limits: \{memory: (\d+)Mi\}/.exec(
        read('deploy/base/deployment.yaml'),
      ) ?? [];
    assert.ok(Number(request) * 2 ** 20 > 1.1 * idle, `${request} Mi`);
    assert.ok(Number(limit) >= 3 * Number(request), `${limit} Mi`);
  });

  it('asks in one namespace for no more than everywhere, and for nothing outside of it', () => {
    const [everywhere] = documents('deploy/base/cluster-role.yaml') as readonly Rules[];
    const [inOne, binding] = documents('deploy/one-namespace/role.yaml') as readonly Rules[];
    const others = everywhere?.rules?.filter(({ resources }) => !resources.includes('namespaces'));
    assert.deepEqual(inOne?.rules, others);
    assert.deepEqual([inOne?.kind, binding?.kind], ['Role', 'RoleBinding']);
    const added = [...read('deploy/one-namespace/kustomization.yaml').matchAll(/value: (--\S+)/g)].map(
      ([, word = '']) => word,
    );
    const settings = settingsFor([...controllerArguments(), ...added]);
    assert.equal(settings.reflector.namespace, 'flux-system', 'the one it runs in');
    assert.equal(settings.clusterName, 'here');
  });

  for (const folder of readdirSync(root('deploy'))) {
    it(`can be applied as a folder, with all that is in it: deploy/${folder}`, () => {
      const [kustomization] = documents(`deploy/${folder}/kustomization.yaml`) as readonly {
        readonly resources?: readonly string[];
        readonly configMapGenerator?: readonly { readonly files: readonly string[] }[];
      }[];
      const { resources = [], configMapGenerator = [] } = kustomization ?? {};
      const generated = configMapGenerator.flatMap(({ files }) =>
        files.map((file) => file.split('=').at(-1)),
      );
      const named = [...resources.filter((file) => file.endsWith('.yaml')), ...generated];
      const there = readdirSync(root(`deploy/${folder}`)).filter((file) => file !== 'kustomization.yaml');
      assert.deepEqual(new Set(named), new Set(there));
    });
  }

  it("gives the dashboard the label that the sidecar of Grafana's chart looks for", () => {
    const [kustomization] = documents('deploy/monitoring/kustomization.yaml');
    assert.partialDeepStrictEqual(kustomization, {
      configMapGenerator: [{ options: { labels: { grafana_dashboard: '1' } } }],
    });
  });

  it('lets nobody make tokens of ServiceAccounts but who adds the component for it, with its gate', () => {
    for (const path of ['base/cluster-role', 'base/leader-role']) {
      assert.doesNotMatch(read(`deploy/${path}.yaml`), /resources:.*serviceaccounts\/token/);
    }
    const [role] = documents('deploy/workload-identity/token-role.yaml');
    assert.partialDeepStrictEqual(role, {
      rules: [{ apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] }],
    });
    const flag = /value: --feature-gates=(\S+)/.exec(read('deploy/workload-identity/kustomization.yaml'));
    const settings = readControllerSettings({ featureGates: flag?.[1] ?? '' }, {});
    assert.equal(settings.reflector.hasObjectIdentity, true);
    assert.deepEqual(settings.ignored, []);
  });

  it('runs with the least that a container can have', () => {
    const [deployment] = documents('deploy/base/deployment.yaml');
    assert.partialDeepStrictEqual(deployment, {
      spec: {
        template: {
          spec: {
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
              },
            ],
          },
        },
      },
    });
  });
});

type Rules = {
  readonly kind: string;
  readonly rules?: readonly { readonly resources: readonly string[] }[];
};

function settingsFor(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ControllerSettings {
  assert.equal(words[0], 'controller');
  const options: Record<string, string | true> = {};
  for (const word of words.slice(1)) {
    const [name = '', value] = word.replace(/^--/, '').split('=', 2);
    assert.ok(Object.hasOwn(controllerFlags, name), `--${name} is no flag of the controller`);
    options[name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())] = value ?? true;
  }
  const settings = readControllerSettings(options, { RUNTIME_NAMESPACE: 'flux-system', ...env });
  assert.deepEqual(settings.ignored, []);
  return settings;
}

type Patch = { readonly op: string; readonly path: string; readonly value?: unknown };

/** As `kubectl kustomize` does it. */
function patchArguments(words: string[], path: string): void {
  for (const { op, path: at, value } of patchesOf(path)) {
    const place = at.match(/\/args\/(\d+)$/)?.[1];
    if (place === undefined) continue;
    const index = Number(place);
    if (op === 'test') assert.equal(words[index], value);
    else if (op === 'replace') words[index] = String(value);
    else assert.fail(`${path}: ${op} ${at}`);
  }
}

/** The JSON patches of a kustomization. */
function patchesOf(path: string): readonly Patch[] {
  const [kustomization] = documents(path) as readonly {
    readonly patches: readonly { readonly patch: string }[];
  }[];
  const patches = (kustomization?.patches ?? []).map(({ patch }) => parse(patch) as unknown);
  return patches.flatMap((patch) => (Array.isArray(patch) ? (patch as readonly Patch[]) : []));
}

type Container = {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
};

function containerOfBase(): Container {
  const [deployment] = documents('deploy/base/deployment.yaml') as readonly {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
  }[];
  const [container] = deployment?.spec.template.spec.containers ?? [];
  assert.ok(container !== undefined);
  return container;
}

function controllerArguments(): readonly string[] {
  return containerOfBase().args;
}

/** What is written there itself, not taken from elsewhere. */
function environmentOf({ env }: Container): Readonly<Record<string, string>> {
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

function documents(path: string): readonly unknown[] {
  return parseAllDocuments(read(path)).map((document) => document.toJS() as unknown);
}

function read(path: string): string {
  return readFileSync(root(path), 'utf8');
}

function root(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
