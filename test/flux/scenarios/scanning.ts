import { openImage, policy, repository } from '../objects.ts';
import { apply, fault, look, patch, request, run, type Scenario, tags } from '../scenario.ts';

const app = 'imagerepository/app';
const appPolicy = 'imagepolicy/app';
const versions = ['1.0.0', '1.0.1', '1.1.0-rc.1', 'latest', 'sha256-abc.sig'];

/** When tags are listed, and what becomes of the answer. */
export const scanning: readonly Scenario[] = [
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
      // A policy that is asked before the list is empty goes on, and holds its tongue for five seconds afterwards.
      run('the scan is waited for', {
        program: 'kubectl',
        words: ['wait', '--for=jsonpath={.status.lastHandledReconcileAt}=step-7', '--timeout=30s', app],
      }),
      request('imagepolicy/app'),
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
      request('imagepolicy/all'),
      look('asked'),
    ],
  },

  {
    name: 'pages',
    steps: [
      tags(...Array.from({ length: 23 }, (_, index) => `1.0.${index}`)),
      fault({ kind: 'page-limit', max: 5, above: 'cap' }),
      apply(repository('app'), policy('app')),
      look('linked'),
      fault({ kind: 'link', form: 'absolute' }),
      request(app),
      look('absolute'),
      fault({ kind: 'page-limit', max: 5, above: 'refuse' }),
      request(app),
      look('n refused'),
    ],
  },
  {
    name: 'a scan at each interval',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { interval: '5s' }), policy('app')),
      look('first'),
      tags('1.0.0', '1.1.0'),
      run('waiting', {
        program: 'kubectl',
        words: ['wait', '--for=jsonpath={.status.latestRef.tag}=1.1.0', '--timeout=30s', 'imagepolicy/app'],
      }),
      look('newer'),
    ],
  },
  {
    name: 'a registry that is busy',
    steps: [
      tags('1.0.0'),
      fault({ kind: 'status', status: 429 }, { times: 1 }),
      apply(repository('app'), policy('app')),
      look('once'),
      fault({ kind: 'status', status: 503 }, { times: 2 }),
      tags('1.0.0', '1.1.0'),
      request(app),
      look('twice'),
    ],
  },
  {
    name: 'a registry that is busy for long',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('first'),
      fault({ kind: 'status', status: 429 }),
      request(app),
      look('too many'),
      fault({ kind: 'status', status: 502 }),
      request(app),
      look('bad gateway'),
      fault(undefined),
      request(app),
      look('mended'),
    ],
  },
];
