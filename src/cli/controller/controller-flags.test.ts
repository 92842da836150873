import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { describeError } from '../../errors.ts';
import { UsageError } from '../errors.ts';
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

  const url = 'postgres://holdfast:secret@db/holdfast';
  const env = { HOLDFAST_LEDGER: url };
  const places: readonly {
    readonly name: string;
    readonly words: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly expected: string;
    readonly ignored?: readonly string[];
  }[] = [
    { name: 'that nobody names is in /data', words: [], expected: '/data/holdfast.db' },
    {
      name: 'is in the folder of --storage-path',
      words: ['--storage-path=/var'],
      expected: '/var/holdfast.db',
    },
    { name: 'is the one of HOLDFAST_LEDGER', words: [], env, expected: url },
    {
      name: 'is nowhere else where HOLDFAST_LEDGER is empty',
      words: [],
      env: { HOLDFAST_LEDGER: '' },
      expected: '/data/holdfast.db',
    },
    {
      name: 'of --ledger stands before all',
      words: ['--ledger=a.db', '--storage-path=/var'],
      env,
      expected: 'a.db',
    },
    {
      name: 'in the folder of --storage-path stands before HOLDFAST_LEDGER, which is told',
      words: ['--storage-path=/var'],
      env,
      expected: '/var/holdfast.db',
      ignored: ['HOLDFAST_LEDGER has no effect: --storage-path stands before it'],
    },
  ];
  for (const { name, words, env: given, expected, ignored = [] } of places) {
    it(`the ledger ${name}`, () => {
      const settings = settingsOf(words, given);
      assert.deepEqual([settings.ledger, settings.ignored], [expected, ignored]);
    });
  }

  const secret = 'postgres://holdfast:secret@$(DATABASE_HOST)/holdfast';
  const noPlaces: readonly (readonly [readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
    [['--ledger='], {}, /^--ledger: expected a place for the ledger, got nothing$/],
    [['--storage-path='], env, /^--storage-path: expected a place for the ledger, got nothing$/],
    [[`--ledger=${secret}`], {}, /^--ledger still holds \$\(DATABASE_HOST\): no variable of that name/],
    [[], { HOLDFAST_LEDGER: secret }, /^HOLDFAST_LEDGER still holds \$\(DATABASE_HOST\): no variable/],
  ];
  for (const [words, given, expected] of noPlaces) {
    it(`refuse a place that is none, and show no password: ${expected.source}`, () => {
      assert.throws(
        () => settingsOf(words, given),
        (error) =>
          error instanceof UsageError && expected.test(error.message) && !/secret/.test(describeError(error)),
      );
    });
  }
});

function settingsOf(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ControllerSettings {
  const command = new Command();
  addControllerFlags(command);
  command.parse(words, { from: 'user' });
  return readControllerSettings(command.opts(), env);
}
