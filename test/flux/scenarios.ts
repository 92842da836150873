import { closedImage, dockerConfig, openImage, policy, repository, secret } from './objects.ts';
import { apply, fault, look, patch, remove, request, type Scenario, tags } from './scenario.ts';

const app = 'imagerepository/app';
const appPolicy = 'imagepolicy/app';
const semver = (range: string) => ({ policy: { semver: { range } } });
const versions = ['1.0.0', '1.0.1', '1.1.0-rc.1', 'latest', 'sha256-abc.sig'];

/** Played against Flux's reflector and against ours. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'a first scan, and a newer version',
    steps: [
      tags(...versions),
      apply(repository('app'), policy('app')),
      look('first'),
      tags(...versions, '1.2.0'),
      request(app),
      look('newer'),
      request(app),
      look('again'),
    ],
  },
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
    name: 'a list of exclusions',
    steps: [
      tags(...versions, '1.2.0-debug', '1.2.0'),
      apply(repository('app'), policy('app')),
      look('default'),
      patch(app, { spec: { exclusionList: ['^1\\.2'] } }),
      look('changed'),
      patch(app, { spec: { exclusionList: [] } }),
      look('empty'),
      patch(app, { spec: { exclusionList: ['(', '^1'] } }),
      look('bad'),
    ],
  },
  {
    name: 'more tags than are shown',
    steps: [
      tags(...Array.from({ length: 14 }, (_, index) => `1.0.${index}`)),
      apply(repository('app'), policy('app')),
      look('shown'),
    ],
  },
  {
    name: 'a suspended repository',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { suspend: true }), policy('app')),
      look('suspended'),
      request(app),
      look('requested'),
      patch(app, { spec: { suspend: false } }),
      look('resumed'),
      patch(app, { spec: { suspend: true } }),
      tags('1.0.0', '1.1.0'),
      request(app),
      look('suspended again'),
      remove(app),
      look('deleted'),
    ],
  },
  {
    name: 'a suspended policy',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app', { suspend: true })),
      look('suspended'),
      request(appPolicy),
      look('requested'),
      patch(appPolicy, { spec: { suspend: false } }),
      look('resumed'),
    ],
  },
  {
    name: 'a policy without its repository',
    steps: [
      tags('1.0.0'),
      apply(policy('app')),
      look('alone'),
      apply(repository('app')),
      look('together'),
      remove(app),
      look('alone again'),
      request(appPolicy),
      look('asked'),
      remove(appPolicy),
      look('gone'),
    ],
  },
  {
    name: 'across namespaces',
    steps: [
      tags('1.0.0'),
      apply(
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'NAMESPACE-other', labels: { team: 'other' } },
        },
        repository('app', {}, { namespace: 'NAMESPACE-other' }),
        policy('app', { imageRepositoryRef: { name: 'app', namespace: 'NAMESPACE-other' } }),
      ),
      look('refused'),
      apply(
        repository(
          'app',
          { accessFrom: { namespaceSelectors: [{ matchLabels: { team: 'nobody' } }] } },
          {
            namespace: 'NAMESPACE-other',
          },
        ),
      ),
      request(appPolicy),
      look('still refused'),
      apply(
        repository('app', { accessFrom: { namespaceSelectors: [{}] } }, { namespace: 'NAMESPACE-other' }),
      ),
      request(appPolicy),
      look('granted'),
    ],
  },
  {
    name: 'images that cannot be',
    steps: [
      tags('1.0.0'),
      apply(
        repository('scheme', { image: `https://${openImage}` }),
        repository('tag', { image: `${openImage}:1.0.0` }),
        repository('case', { image: 'open.test/Image' }),
        repository('empty', { image: '' }),
        repository('digest', { image: `${openImage}@sha256:${'0'.repeat(64)}` }),
        policy('scheme'),
      ),
      look('told'),
      patch('imagerepository/scheme', { spec: { image: openImage } }),
      look('mended'),
      patch('imagerepository/scheme', { spec: { image: 'http://open.test/image' } }),
      look('broken again'),
    ],
  },
  {
    name: 'another image with other tags',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      patch(app, { spec: { image: 'open.test/nobody/pushed/this' } }),
      look('not there'),
      patch(app, { spec: { image: openImage } }),
      look('back'),
    ],
  },
  {
    name: 'a changed interval',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      tags('1.0.0', '1.1.0'),
      patch(app, { spec: { interval: '2h' } }),
      look('changed'),
    ],
  },
  {
    name: 'credentials',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { image: closedImage }), policy('app')),
      look('none'),
      patch(app, { spec: { secretRef: { name: 'login' } } }),
      look('secret missing'),
      apply(secret('login', 'Opaque', { '.dockerconfigjson': 'x' })),
      request(app),
      look('wrong type'),
      remove('secret/login'),
      apply(secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('wrong'))),
      request(app),
      look('wrong password'),
      apply(secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right'))),
      request(app),
      look('right'),
      apply(
        secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right', 'https://closed.test/v2/')),
      ),
      request(app),
      look('as a URL'),
    ],
  },
  {
    name: 'certificates and proxies that cannot be used',
    steps: [
      tags('1.0.0'),
      apply(
        secret('empty', 'Opaque', { nothing: 'here' }),
        secret('nonsense', 'Opaque', { 'ca.crt': 'nonsense' }),
        repository('missing', { certSecretRef: { name: 'nobody' } }),
        repository('empty', { certSecretRef: { name: 'empty' } }),
        repository('nonsense', { certSecretRef: { name: 'nonsense' } }),
        repository('proxy', { proxySecretRef: { name: 'empty' } }),
        repository('noproxy', { proxySecretRef: { name: 'nobody' } }),
        repository('account', { serviceAccountName: 'nobody' }),
        repository('cloud', { provider: 'aws', serviceAccountName: 'nobody' }),
      ),
      look('told'),
    ],
  },
  {
    name: 'a service account with pull secrets',
    steps: [
      tags('1.0.0'),
      apply(
        secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right')),
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'puller' },
          imagePullSecrets: [{ name: 'login' }],
        },
        repository('app', { image: closedImage, serviceAccountName: 'puller' }),
        policy('app'),
      ),
      look('scanned'),
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
    name: 'a registry that fails',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      fault({ kind: 'status', status: 403 }),
      tags('1.0.0', '1.1.0'),
      request(app),
      look('forbidden'),
      fault(undefined),
      request(app),
      look('mended'),
      fault({ kind: 'html-body' }),
      request(app),
      look('a page'),
    ],
  },
  {
    name: 'a registry that fails from the start',
    steps: [
      tags('1.0.0'),
      fault({ kind: 'status', status: 403 }),
      apply(repository('app'), policy('app')),
      look('forbidden'),
      request(app),
      request(appPolicy),
      look('requested'),
      fault(undefined),
      request(app),
      look('mended'),
    ],
  },
  {
    name: 'an image nobody pushed',
    steps: [apply(repository('app'), policy('app')), look('not there')],
  },
  {
    name: 'a list without tags',
    steps: [
      tags(),
      apply(repository('app'), policy('app')),
      look('empty'),
      tags('1.0.0'),
      request(app),
      look('filled'),
      fault({ kind: 'empty-tags', as: 'null' }),
      request(app),
      look('null'),
    ],
  },
  {
    name: 'the newest tag goes away',
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      tags('1.0.0'),
      request(app),
      look('gone'),
    ],
  },
  {
    name: 'a list that is cut short',
    steps: [
      tags('1.0.0', '1.1.0', '1.2.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      fault({ kind: 'truncated-tags', keep: 1 }),
      request(app),
      look('cut'),
      fault(undefined),
      request(app),
      look('whole'),
    ],
  },
  {
    name: 'two repositories of one image',
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(repository('all'), policy('all')),
      look('first'),
      apply(repository('some', { exclusionList: ['^1\\.1'] }), policy('some')),
      look('both'),
    ],
  },
  {
    name: 'notes for notifications',
    steps: [
      tags('1.0.0'),
      apply(
        repository('app', {}, { annotations: { 'event.toolkit.fluxcd.io/team': 'blue' } }),
        policy('app', {}, { annotations: { 'event.toolkit.fluxcd.io/team': 'blue' } }),
      ),
      look('posted'),
    ],
  },
  {
    name: 'a finalizer taken away',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      patch(app, { metadata: { finalizers: [] } }),
      request(app),
      look('put back'),
    ],
  },
];
