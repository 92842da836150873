import { policy, repository } from '../objects.ts';
import {
  apply,
  applying,
  fault,
  look,
  patch,
  remove,
  request,
  restart,
  type Scenario,
  tags,
} from '../scenario.ts';

const app = 'imagerepository/app';
const appPolicy = 'imagepolicy/app';

/** From the first sight of an object to its end. */
export const lifecycle: readonly Scenario[] = [
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
    name: 'notes for notifications',
    steps: [
      tags('1.0.0'),
      apply(
        repository('app', {}, { annotations: { 'event.toolkit.fluxcd.io/team': 'blue' } }),
        policy('app', {}, { annotations: { 'event.toolkit.fluxcd.io/revision': '1', 'example.com/x': 'y' } }),
        repository(
          'broken',
          { image: 'https://open.test/image' },
          { annotations: { 'event.toolkit.fluxcd.io/team': 'red' } },
        ),
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

  {
    name: 'deleted in every state',
    steps: [
      tags('1.0.0'),
      fault({ kind: 'forget-tag', tag: '1.0.0' }, { match: { endpoint: 'manifest' } }),
      apply(
        repository('ready'),
        policy('ready'),
        repository('stalled', { image: 'https://open.test/image' }),
        repository('failing', { image: 'open.test/nobody/pushed/this' }),
        policy('waiting', { imageRepositoryRef: { name: 'nobody' } }),
        policy('invalid', { imageRepositoryRef: { name: 'ready' }, policy: {} }),
        policy('undigested', {
          imageRepositoryRef: { name: 'ready' },
          digestReflectionPolicy: 'IfNotPresent',
        }),
      ),
      look('all states'),
      ...['ready', 'stalled', 'failing'].map((name) => remove(`imagerepository/${name}`)),
      ...['ready', 'waiting', 'invalid', 'undigested'].map((name) => remove(`imagepolicy/${name}`)),
      look('gone'),
    ],
  },
  {
    name: 'asked while stalled',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { image: 'https://open.test/image' }), policy('app', { policy: {} })),
      look('stalled'),
      request(app),
      request(appPolicy),
      look('asked'),
    ],
  },
  {
    name: 'what the API server refuses',
    steps: [
      applying('no image', repository('app', { image: undefined })),
      applying('no interval', repository('app', { interval: undefined })),
      applying('an interval that is none', repository('app', { interval: '1 hour' })),
      applying('a timeout in hours', repository('app', { timeout: '1h' })),
      applying('an unknown provider', repository('app', { provider: 'other' })),
      applying(
        'too many exclusions',
        repository('app', { exclusionList: Array.from({ length: 26 }, String) }),
      ),
      applying('a secret without a name', repository('app', { secretRef: {} })),
      applying('no repository', policy('app', { imageRepositoryRef: undefined })),
      applying('no policy', policy('app', { policy: undefined })),
      applying('no range', policy('app', { policy: { semver: {} } })),
      applying('an unknown order', policy('app', { policy: { numerical: { order: 'up' } } })),
      applying('an unknown digest policy', policy('app', { digestReflectionPolicy: 'Sometimes' })),
      applying('an interval without Always', policy('app', { interval: '1h' })),
      applying('Always without an interval', policy('app', { digestReflectionPolicy: 'Always' })),
      ...['v1beta1', 'v1beta2'].map((version) =>
        applying(version, { ...repository('app'), apiVersion: `image.toolkit.fluxcd.io/${version}` }),
      ),
    ],
  },
  {
    name: 'another shard',
    flags: ['--no-cross-namespace-refs', '--watch-label-selector=shard=one'],
    steps: [
      tags('1.0.0'),
      apply(
        repository('ours', {}, { labels: { shard: 'one' } }),
        policy('ours', {}, { labels: { shard: 'one' } }),
        repository('theirs', {}, { labels: { shard: 'two' } }),
        policy('theirs'),
        policy('apart', { imageRepositoryRef: { name: 'theirs' } }, { labels: { shard: 'one' } }),
      ),
      look('divided'),
      patch('imagerepository/theirs', { metadata: { labels: { shard: 'one' } } }),
      look('joined'),
    ],
  },
  {
    name: 'another namespace than its own',
    flags: ['--watch-all-namespaces=false'],
    steps: [tags('1.0.0'), apply(repository('app'), policy('app')), look('left alone')],
  },
  {
    name: 'started again',
    flags: ['--watch-label-selector=again=yes'],
    steps: [
      tags('1.0.0'),
      apply(
        repository('app', {}, { labels: { again: 'yes' } }),
        policy('app', {}, { labels: { again: 'yes' } }),
        repository('asleep', { suspend: true }, { labels: { again: 'yes' } }),
        policy('asleep', {}, { labels: { again: 'yes' } }),
        repository('failing', { image: 'open.test/nobody/pushed/this' }, { labels: { again: 'yes' } }),
      ),
      look('first'),
      tags('1.0.0', '1.1.0'),
      restart('kept'),
      look('with its store'),
      tags('1.0.0', '1.1.0', '1.2.0'),
      restart('lost'),
      look('without'),
    ],
  },
];
