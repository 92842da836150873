import { closedImage, dockerConfig, openImage, policy, repository, secret } from '../objects.ts';
import {
  apply,
  fault,
  look,
  patch,
  pushAgain,
  remove,
  request,
  run,
  type Scenario,
  type Step,
  tags,
  tagsOf,
} from '../scenario.ts';

const app = 'imagerepository/app';
const appPolicy = 'imagepolicy/app';
const ofApp = { imageRepositoryRef: { name: 'app' } };
const semver = (range: string) => ({ policy: { semver: { range }, alphabetical: null, numerical: null } });

/** Until a policy selects this; the reference gets to it by and by. */
const untilSelected = (tag: string): Step =>
  run(`${tag} is waited for`, {
    program: 'kubectl',
    words: ['wait', `--for=jsonpath={.status.latestRef.tag}=${tag}`, '--timeout=40s', appPolicy],
  });

/** What becomes of objects that are edited. */
export const changing: readonly Scenario[] = [
  {
    name: 'another image with the same tags',
    steps: [
      tags('1.0.0', '1.1.0'),
      tagsOf('other', '1.0.0', '1.1.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      patch(app, { spec: { image: `${openImage}/other` } }),
      look('renamed'),
      request(appPolicy),
      look('asked'),
    ],
  },
  {
    name: 'another repository for a policy',
    steps: [
      tags('1.0.0'),
      tagsOf('other', '0.5.0'),
      apply(repository('app'), repository('other', { image: `${openImage}/other` }), policy('app')),
      look('first'),
      patch(appPolicy, { spec: { imageRepositoryRef: { name: 'other' } } }),
      look('older'),
      patch(appPolicy, { spec: { imageRepositoryRef: { name: 'nobody' } } }),
      look('nobody'),
    ],
  },
  {
    name: 'a policy that becomes another',
    steps: [
      tags('1.0.0', '1.1.0', '2.0.0-rc.1', 'build-9', 'build-10', '7'),
      apply(repository('app'), policy('app')),
      look('versions'),
      patch(appPolicy, { spec: { policy: { semver: null, alphabetical: { order: 'desc' } } } }),
      look('letters'),
      patch(appPolicy, {
        spec: {
          policy: { alphabetical: null, numerical: {} },
          filterTags: { pattern: '^build-(?P<n>[0-9]+)$', extract: '$n' },
        },
      }),
      look('numbers'),
      patch(appPolicy, { spec: { filterTags: {}, ...semver('1.0.x') } }),
      look('an empty filter, and a lower version'),
      patch(appPolicy, { spec: { filterTags: { extract: '$0' } } }),
      look('a template alone'),
      patch(appPolicy, { spec: { filterTags: null, policy: { semver: null } } }),
      look('none after a failure'),
    ],
  },
  {
    name: 'another secret',
    steps: [
      tags('1.0.0'),
      apply(
        secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right')),
        secret('wrong', 'kubernetes.io/dockerconfigjson', dockerConfig('wrong')),
        repository('app', { image: closedImage, secretRef: { name: 'login' } }),
        policy('app'),
      ),
      look('first'),
      patch(app, { spec: { secretRef: { name: 'wrong' } } }),
      look('wrong'),
      patch(app, { spec: { secretRef: { name: 'nobody' } } }),
      look('missing'),
      patch(app, { spec: { secretRef: { name: 'login' } } }),
      look('back'),
    ],
  },
  {
    name: 'what asks for no scan',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { exclusionList: ['^9', '^8'] }), policy('app')),
      look('first'),
      tags('1.0.0', '1.1.0'),
      patch(app, {
        metadata: { labels: { team: 'blue' }, annotations: { 'fluxcd.io/reconcileAt': 'before' } },
        spec: { timeout: '5s', exclusionList: ['^8', '^9'], accessFrom: { namespaceSelectors: [] } },
      }),
      requestAt(app, ''),
      requestAt(appPolicy, ''),
      look('changed'),
      requestAt(app, 'now'),
      requestAt(appPolicy, 'now'),
      look('asked'),
      requestAt(app, null),
      requestAt(appPolicy, null),
      look('no longer'),
      requestAt(app, ''),
      requestAt(appPolicy, ''),
      look('emptied'),
    ],
  },
  {
    name: 'exclusions that leave nothing',
    steps: [
      tags('1.0.0', '2.0.0'),
      apply(repository('app', { exclusionList: ['^9', '^8'] }), policy('app')),
      look('first'),
      patch(app, { spec: { exclusionList: ['^9', '^8', '^8'] } }),
      look('one twice'),
      patch(app, { spec: { exclusionList: [''] } }),
      run('nothing is waited for', {
        program: 'kubectl',
        words: ['wait', '--for=condition=Ready=false', '--timeout=20s', appPolicy],
      }),
      look('nothing'),
      patch(app, { spec: { exclusionList: null } }),
      look('everything'),
    ],
  },
  {
    name: 'intervals and timeouts at their ends',
    steps: [
      tags('1.0.0'),
      apply(
        repository('zero', { interval: '0s' }),
        repository('long', { interval: '9000h', timeout: '0s' }),
        repository('odd', { interval: '1h0.5m1ms' }),
        policy('zero', {
          imageRepositoryRef: { name: 'long' },
          digestReflectionPolicy: 'Always',
          interval: '0s',
        }),
      ),
      look('told'),
    ],
  },
  {
    name: 'suspended in every state',
    steps: [
      tags('1.0.0'),
      tagsOf('other', '2.0.0'),
      apply(
        repository('app'),
        policy('app'),
        repository('stalled', { image: `https://${openImage}` }),
        repository('failing', { image: 'open.test/nobody/pushed/this' }),
        policy('broken', { ...ofApp, policy: {} }),
      ),
      look('first'),
      patch(app, { spec: { suspend: true, image: `${openImage}/other` } }),
      patch('imagerepository/stalled', { spec: { suspend: true } }),
      patch('imagerepository/failing', { spec: { suspend: true } }),
      patch(appPolicy, { spec: { suspend: true, ...semver('<2') } }),
      patch('imagepolicy/broken', { spec: { suspend: true } }),
      request('imagerepository/stalled'),
      request('imagerepository/failing'),
      request('imagepolicy/broken'),
      request(appPolicy),
      look('suspended'),
      patch(app, { spec: { suspend: false } }),
      patch('imagerepository/stalled', { spec: { suspend: null } }),
      patch('imagepolicy/broken', { spec: { suspend: null } }),
      patch(appPolicy, { spec: { suspend: false, ...semver('*') } }),
      look('resumed'),
    ],
  },
  {
    name: 'made anew',
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      remove(appPolicy),
      tags('1.0.0'),
      request(app),
      look('without a policy'),
      apply(policy('app')),
      look('again'),
      remove(app),
      tags('1.0.0', '1.2.0'),
      apply(repository('app')),
      untilSelected('1.2.0'),
      look('a repository made anew'),
    ],
  },
  {
    name: 'digests over time',
    steps: [
      tags('1.0.0'),
      apply(
        repository('app'),
        policy('app', { digestReflectionPolicy: 'Always', interval: '3s' }),
        policy('once', { ...ofApp, digestReflectionPolicy: 'IfNotPresent' }),
      ),
      look('first'),
      pushAgain('1.0.0'),
      run('another digest is waited for', {
        program: 'kubectl',
        words: ['wait', '--for=jsonpath={.status.observedPreviousRef.tag}=1.0.0', '--timeout=20s', appPolicy],
      }),
      look('pushed again'),
      patch(appPolicy, { spec: { digestReflectionPolicy: 'IfNotPresent', interval: null } }),
      patch('imagepolicy/once', { spec: { digestReflectionPolicy: null } }),
      look('by other policies'),
      tags('1.0.0', '1.1.0'),
      fault({ kind: 'head-unsupported' }),
      request(app),
      look('where HEAD is refused'),
    ],
  },
  {
    name: "held by somebody else's finalizer",
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(
        repository('app', {}, { finalizers: ['example.com/hold'] }),
        policy('app', {}, { finalizers: ['example.com/hold'] }),
        policy('other', ofApp),
      ),
      look('first'),
      run('delete', { program: 'kubectl', words: ['delete', app, appPolicy, '--wait=false'] }),
      request(app),
      request('imagepolicy/other'),
      look('going'),
      patch(app, { metadata: { finalizers: [] } }),
      patch(appPolicy, { metadata: { finalizers: [] } }),
      look('gone'),
    ],
  },
];

function requestAt(object: string, value: string | null): Step {
  return patch(object, { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': value } } });
}
