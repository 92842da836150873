import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { addControllerFlags, type ControllerSettings, readControllerSettings } from './controller-flags.ts';

/**
 * Flux's flags, those of its image-reflector-controller v1.2 as its own `--help` lists them. pflag knows no
 * difference between one that begins with `no-` and any other.
 */
const fluxFlags = [
  'concurrent',
  'default-service-account',
  'enable-leader-election',
  'events-addr',
  'feature-gates',
  'gc-interval',
  'health-addr',
  'kube-api-burst',
  'kube-api-qps',
  'leader-election-lease-duration',
  'leader-election-release-on-cancel',
  'leader-election-renew-deadline',
  'leader-election-retry-period',
  'log-encoding',
  'log-level',
  'max-retry-delay',
  'metrics-addr',
  'min-retry-delay',
  'no-cross-namespace-refs',
  'requeue-dependency',
  'storage-compression-threshold',
  'storage-path',
  'storage-value-log-file-size',
  'token-cache-max-duration',
  'token-cache-max-size',
  'watch-all-namespaces',
  'watch-configs-label-selector',
  'watch-label-selector',
];

describe('flags of the controller', () => {
  it('are all that Flux has', () => {
    const command = new Command();
    addControllerFlags(command);
    const ours = new Set(command.options.map(({ long }) => long?.slice(2)));
    assert.deepEqual(
      fluxFlags.filter((name) => !ours.has(name)),
      [],
    );
  });

  const cases: readonly {
    readonly name: string;
    readonly words: readonly string[];
    readonly expected: boolean;
  }[] = [
    { name: 'are off where they are not given', words: [], expected: false },
    { name: 'are on where they stand alone', words: ['--no-cross-namespace-refs'], expected: true },
    { name: 'take a value', words: ['--no-cross-namespace-refs=true'], expected: true },
    { name: 'can be off', words: ['--no-cross-namespace-refs=false'], expected: false },
  ];
  for (const { name, words, expected } of cases) {
    it(`that begin with "no" ${name}`, () => {
      assert.equal(settingsOf(words).reflector.noCrossNamespaceRefs, expected);
    });
  }

  for (const flag of ['watch-label-selector', 'watch-configs-label-selector']) {
    it(`refuse a selector that is none: --${flag}`, () => {
      assert.throws(() => settingsOf([`--${flag}=a in (`]), {
        code: 'USAGE',
        message: `--${flag}: expected a label selector such as a=b or a in (b, c), got "a in (": it ends where "," or ")" belongs`,
      });
    });
  }

  it('pass a selector on as it was given', () => {
    const { labelSelector } = settingsOf(['--watch-label-selector=shard in (one, two),!old']).reflector;
    assert.equal(labelSelector, 'shard in (one, two),!old');
  });

  it('leave a pause before what fails or waits is looked at again, also where none is wanted', () => {
    const words = ['--requeue-dependency=0', '--min-retry-delay=0s', '--max-retry-delay=0s'];
    const { requeueDependencyMs, retry } = settingsOf(words).reflector;
    assert.deepEqual([requeueDependencyMs, retry], [100, { minMs: 100, maxMs: 100 }]);
  });
});

function settingsOf(words: readonly string[]): ControllerSettings {
  const command = new Command();
  addControllerFlags(command);
  command.parse(words, { from: 'user' });
  return readControllerSettings(command.opts(), {});
}
