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

describe('deploy', () => {
  it('holds the definitions that the code generates', () => {
    for (const [path, text] of generatedFiles()) {
      assert.equal(read(path), text, `${path} is old: npm run generate`);
    }
  });

  it('starts the controller with flags that it has, and that say something', () => {
    const settings = settingsFor(controllerArguments());
    assert.equal(settings.ledger, '/data/holdfast.db');
    assert.equal(settings.isElected, true);
  });

  it('replaces the right arguments where replicas share a ledger', () => {
    const words = [...controllerArguments()];
    replaceArguments(words, 'deploy/postgres/kustomization.yaml');
    const leading = settingsFor(words);
    assert.deepEqual(
      [leading.ledger, leading.isElected, leading.replicasActive],
      ['$(LEDGER_URL)', true, 'leader'],
    );
    replaceArguments(words, 'deploy/postgres-all-active/kustomization.yaml');
    const sharing = settingsFor(words);
    assert.deepEqual(
      [sharing.ledger, sharing.isElected, sharing.replicasActive],
      ['$(LEDGER_URL)', false, 'all'],
    );
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

function settingsFor(words: readonly string[]): ControllerSettings {
  assert.equal(words[0], 'controller');
  const options: Record<string, string | true> = {};
  for (const word of words.slice(1)) {
    const [name = '', value] = word.replace(/^--/, '').split('=', 2);
    assert.ok(Object.hasOwn(controllerFlags, name), `--${name} is no flag of the controller`);
    options[name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())] = value ?? true;
  }
  const settings = readControllerSettings(options, { RUNTIME_NAMESPACE: 'flux-system' });
  assert.deepEqual(settings.ignored, []);
  return settings;
}

/** As the JSON patches of a kustomization do it. */
function replaceArguments(words: string[], path: string): void {
  const [kustomization] = documents(path) as readonly {
    readonly patches: readonly { readonly patch: string }[];
  }[];
  const texts =
    kustomization?.patches.map(({ patch }) => patch).filter((patch) => patch.startsWith('- op')) ?? [];
  for (const { path: at, value } of texts.flatMap(
    (text) => parse(text) as readonly { path: string; value: string }[],
  )) {
    const index = at.match(/\/args\/(\d+)$/)?.[1];
    if (index !== undefined) words[Number(index)] = value;
  }
}

function controllerArguments(): readonly string[] {
  const [deployment] = documents('deploy/base/deployment.yaml') as readonly {
    readonly spec: {
      readonly template: {
        readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
      };
    };
  }[];
  return deployment?.spec.template.spec.containers[0]?.args ?? [];
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
