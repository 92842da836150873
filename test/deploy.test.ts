import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { generatedFiles } from '../scripts/generate.ts';
import { controllerFlags, readControllerSettings } from '../src/cli/controller/controller-flags.ts';

describe('deploy', () => {
  it('holds the definitions that the code generates', () => {
    for (const [path, text] of generatedFiles()) {
      assert.equal(read(path), text, `${path} is old: npm run generate`);
    }
  });

  it('starts the controller with flags that it has, and that say something', () => {
    const words = controllerArguments();
    assert.equal(words[0], 'controller');
    const options: Record<string, string | true> = {};
    for (const word of words.slice(1)) {
      const [name = '', value] = word.replace(/^--/, '').split('=', 2);
      assert.ok(Object.hasOwn(controllerFlags, name), `--${name} is no flag of the controller`);
      options[name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())] = value ?? true;
    }
    const settings = readControllerSettings(options, { RUNTIME_NAMESPACE: 'flux-system' });
    assert.deepEqual(settings.ignored, []);
    assert.equal(settings.ledger, '/data/holdfast.db');
    assert.equal(settings.isElected, true);
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
  return readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
}
