import { policy, repository } from '../objects.ts';
import { apply, fault, look, patch, pushAgain, request, type Scenario, tags } from '../scenario.ts';

const app = 'imagerepository/app';
const semver = (range: string) => ({ policy: { semver: { range } } });
const ofApp = { imageRepositoryRef: { name: 'app' } };

/** What a policy makes of tags. */
export const selecting: readonly Scenario[] = [
  {
    name: 'ranges of versions',
    steps: [
      tags('1.0.0', 'v1.2.3', '1.02.4', '2.0.0-rc.1', '2.0', 'V3.0.0', '0.9.9', '1.2.3+build.5'),
      apply(
        repository('app'),
        policy('caret', { imageRepositoryRef: { name: 'app' }, ...semver('^1.0') }),
        policy('pre', { imageRepositoryRef: { name: 'app' }, ...semver('>=1.0.0-0') }),
        policy('older', { imageRepositoryRef: { name: 'app' }, ...semver('<1.0.0') }),
        policy('none', { imageRepositoryRef: { name: 'app' }, ...semver('>=9.0.0') }),
      ),
      look('selected'),
      patch('imagepolicy/caret', { spec: semver('1.0.x') }),
      look('narrowed'),
    ],
  },
  {
    name: 'alphabetical and numerical',
    steps: [
      tags('1', '20', '3', '100'),
      apply(
        repository('app'),
        ...(['asc', 'desc'] as const).flatMap((order) => [
          policy(`letters-${order}`, {
            imageRepositoryRef: { name: 'app' },
            policy: { alphabetical: { order } },
          }),
          policy(`numbers-${order}`, {
            imageRepositoryRef: { name: 'app' },
            policy: { numerical: { order } },
          }),
        ]),
        policy('letters', { imageRepositoryRef: { name: 'app' }, policy: { alphabetical: {} } }),
      ),
      look('selected'),
    ],
  },
  {
    name: 'a tag that is no number',
    steps: [
      tags('1', '20', 'main'),
      apply(repository('app'), policy('app', { policy: { numerical: { order: 'asc' } } })),
      look('selected'),
    ],
  },
  {
    name: 'filters',
    steps: [
      tags(
        'main-abc1234-1700000001',
        'main-fff0000-1700000009',
        'dev-abc1234-1700000099',
        '1.0.0',
        '2.0.0-arm',
      ),
      apply(
        repository('app'),
        policy('builds', {
          imageRepositoryRef: { name: 'app' },
          filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '$ts' },
          policy: { numerical: { order: 'asc' } },
        }),
        policy('plain', {
          imageRepositoryRef: { name: 'app' },
          filterTags: { pattern: '^[0-9.]+$' },
          ...semver('*'),
        }),
        policy('nothing', {
          imageRepositoryRef: { name: 'app' },
          filterTags: { pattern: '^release-' },
          policy: { alphabetical: { order: 'asc' } },
        }),
        policy('bad', {
          imageRepositoryRef: { name: 'app' },
          filterTags: { pattern: '^(main' },
          policy: { alphabetical: { order: 'asc' } },
        }),
        policy('lookahead', {
          imageRepositoryRef: { name: 'app' },
          filterTags: { pattern: '^(?!main)' },
          policy: { alphabetical: { order: 'asc' } },
        }),
      ),
      look('selected'),
    ],
  },
  {
    name: 'policies that make no sense',
    steps: [
      tags('1.0.0', '2'),
      apply(
        repository('app'),
        policy('range', { imageRepositoryRef: { name: 'app' }, ...semver('not a range') }),
        policy('empty', { imageRepositoryRef: { name: 'app' }, ...semver('') }),
        policy('none', { imageRepositoryRef: { name: 'app' }, policy: {} }),
        policy('several', {
          imageRepositoryRef: { name: 'app' },
          policy: { alphabetical: { order: 'asc' }, semver: { range: '*' } },
        }),
      ),
      look('told'),
      patch('imagepolicy/range', { spec: semver('1.x') }),
      look('mended'),
      patch('imagepolicy/range', { spec: semver('broken') }),
      look('broken again'),
    ],
  },
  {
    name: 'digests',
    steps: [
      tags('1.0.0'),
      apply(
        repository('app'),
        policy('never', { imageRepositoryRef: { name: 'app' }, digestReflectionPolicy: 'Never' }),
        policy('once', { imageRepositoryRef: { name: 'app' }, digestReflectionPolicy: 'IfNotPresent' }),
        policy('always', {
          imageRepositoryRef: { name: 'app' },
          digestReflectionPolicy: 'Always',
          interval: '1h',
        }),
      ),
      look('first'),
      tags('1.0.0', '1.1.0'),
      request(app),
      look('newer'),
      patch('imagepolicy/once', { spec: { digestReflectionPolicy: 'Never' } }),
      look('without'),
    ],
  },
  {
    name: 'a digest that is not to be had',
    steps: [
      tags('1.0.0'),
      apply(repository('app')),
      look('scanned'),
      fault({ kind: 'forget-tag', tag: '1.0.0' }),
      apply(policy('app', { digestReflectionPolicy: 'IfNotPresent' })),
      look('failed'),
    ],
  },

  {
    name: 'ties of versions',
    steps: [
      tags('1.0.0', 'v1.0.0', '01.0.0', '1.0.0-rc.1', '1.0.0-rc.01'),
      apply(
        repository('app'),
        policy('app', semver('*')),
        policy('early', { ...ofApp, ...semver('<1.0.0-rc.2 >0-0') }),
        policy('letters', { ...ofApp, policy: { alphabetical: { order: 'desc' } } }),
      ),
      look('selected'),
    ],
  },
  {
    name: 'ties of numbers',
    steps: [
      tags('1', '1.0', '01', '1.00'),
      apply(
        repository('app'),
        policy('app', { policy: { numerical: { order: 'asc' } } }),
        policy('backwards', { ...ofApp, policy: { numerical: { order: 'desc' } } }),
      ),
      look('selected'),
    ],
  },
  {
    name: 'hard and wrong patterns',
    steps: [
      tags(`${'a'.repeat(60)}b`, '1.0.0-rc.1', '1.0.0', 'x-7'),
      apply(
        repository('app'),
        ...(
          [
            ['nested', '^(a+)+$', ''],
            ['choices', '^(a|aa)+$', ''],
            ['counted', '^(a{1,50}){1,50}$', ''],
            ['again', '^(.)\\1', ''],
            ['behind', '(?<=x)-', ''],
            ['possessive', 'a++', ''],
            ['class', '[z-a]', ''],
            ['named', '^x-(?P<number>[0-9]+)$', '$number'],
            ['short', '^x-(?<number>[0-9]+)$', '${number}'],
            ['glued', '^x-([0-9]+)$', '$1x'],
          ] as const
        ).map(([name, pattern, extract]) =>
          policy(name, {
            ...ofApp,
            filterTags: { pattern, extract },
            policy: { alphabetical: { order: 'asc' } },
          }),
        ),
      ),
      look('told'),
    ],
  },
  {
    name: 'a tag that is pushed again',
    steps: [
      tags('1.0.0'),
      apply(
        repository('app'),
        policy('once', { ...ofApp, digestReflectionPolicy: 'IfNotPresent' }),
        policy('always', { ...ofApp, digestReflectionPolicy: 'Always', interval: '1h' }),
      ),
      look('first'),
      pushAgain('1.0.0'),
      request('imagepolicy/once'),
      request('imagepolicy/always'),
      look('asked'),
    ],
  },
  {
    name: 'what was selected before, after a failure',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      tags('1.0.0', '1.1.0'),
      request(app),
      look('newer'),
      patch('imagepolicy/app', { spec: semver('>=9') }),
      look('failed'),
      patch('imagepolicy/app', { spec: semver('1.1.x') }),
      look('mended'),
    ],
  },
];
