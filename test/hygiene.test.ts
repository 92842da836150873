import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../src/cli/cli.ts';
import { fixedClock } from '../src/clock.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { scanRepository } from '../src/ledger/scan.ts';
import { parseRepository } from '../src/reference/repository.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { kubeconfigFor, startFakeApiServer } from './cluster/fake-api-server.ts';
import { testHost } from './host.ts';
import { openTestClient } from './open-test-client.ts';

const hourMs = 3_600_000;
const startAt = Date.UTC(2026, 10, 1);

const meta = (namespace: string, name: string) => ({ metadata: { namespace, name } });
const group = 'image.toolkit.fluxcd.io/v1';

/** Ten days of scans twice a day, in which one tag appeared. */
const scans = 20;

describe('holdfast hygiene', () => {
  let folder: string;
  let registry: RegistryServer;
  let objects: Readonly<Record<string, readonly object[]>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-hygiene-'));
    registry = await startRegistryServer();
    const image = `${registry.host}/acme/web`;
    objects = {
      imagerepositories: [
        { ...meta('apps', 'web'), spec: { image, interval: '1m' } },
        { ...meta('shop', 'web-copy'), spec: { image, interval: '5m' } },
        { ...meta('apps', 'forgotten'), spec: { image: 'nginx', interval: '1h' } },
      ],
      imagepolicies: [
        policy('apps', 'web', 'web', '>=1.0.0'),
        policy('apps', 'old-web', 'web', '~0.9'),
        policy('shop', 'web', 'web-copy', '>=1.0.0'),
      ],
      imageupdateautomations: [{ ...meta('apps', 'all'), spec: { interval: '10m' } }],
    };
    await mkdir(join(folder, 'deploy'));
    const marked = [
      'image: acme/web:1.0.0 # {"$imagepolicy": "apps:web"}',
      '# {"$imagepolicy": "apps:side:tag"}',
      'tag: 1.0.0',
    ];
    await writeFile(join(folder, 'deploy', 'app.yaml'), `${marked.join('\n')}\n`);
    await writeFile(join(folder, 'objects.json'), JSON.stringify({ kind: 'List', items: itemsOf(objects) }));
    await recordScans(image);
  });
  after(async () => {
    await registry.close();
    await rm(folder, { recursive: true });
  });

  async function recordScans(image: string): Promise<void> {
    for (let at = 0; at < 300; at += 1)
      registry.pushImage({ repository: 'acme/web', tag: `pr-${at}`, labels: {} });
    registry.pushImage({ repository: 'acme/web', tag: '1.0.0', labels: {} });
    const ledger = await openLedger(join(folder, 'ledger.db'), { env: {}, cwd: folder });
    const { client: lister } = openTestClient();
    for (let at = 0; at < scans; at += 1) {
      if (at === 10) registry.pushImage({ repository: 'acme/web', tag: '1.1.0', labels: {} });
      const clock = fixedClock(startAt + at * 12 * hourMs);
      await scanRepository({ lister, ledger, clock }, parseRepository(image), { digests: 'none' });
    }
    await lister.close();
    await ledger.close();
  }

  const run = (...words: readonly string[]) => runWith('', ...words);

  async function runWith(stdin: string, ...words: readonly string[]) {
    const { host, stdout, stderr } = testHost({
      stdin,
      cwd: folder,
      env: { HOME: folder },
      services: {
        openLedger: (location, options) =>
          openLedger(location, { env: { HOME: folder }, cwd: folder }, options),
      },
    });
    const status = await runCli(['hygiene', ...words], host);
    return { status, stdout: stdout(), stderr: stderr() };
  }

  const found = (text: string): readonly string[] =>
    JSON.parse(text).findings.map(
      ({ rule, message }: { rule: string; message: string }) => `${rule}: ${message}`,
    );

  const expected = () => [
    'policy-unused: ImagePolicy apps/old-web is used by nothing: no marker names it in the places given',
    'policy-unused: ImagePolicy shop/web is used by nothing: no marker names it in the places given, and there is no ImageUpdateAutomation in shop',
    'marker-without-policy: the marker names ImagePolicy apps/side, which is not there',
    'repository-unused: ImageRepository apps/forgotten is selected from by no policy; it is scanned 24 times a day',
    `repository-scanned-twice: 2 ImageRepositories scan ${registry.host}/acme/web: apps/web, shop/web-copy; together 1,728 times a day, 288 more than one would need, 288 list pages`,
    'interval-outpaces-change: ImageRepository apps/web is scanned 1,440 times a day, and its tags changed once in 9.5 days; with interval 24h it would be once a day, 1,439 list pages a day less',
    'interval-outpaces-change: ImageRepository shop/web-copy is scanned 288 times a day, and its tags changed once in 9.5 days; with interval 24h it would be once a day, 287 list pages a day less',
  ];

  it('says what a dump, a folder and a ledger show together', async () => {
    const { status, stdout } = await run(
      'deploy',
      '--snapshot',
      'objects.json',
      '--ledger',
      'ledger.db',
      '-o',
      'json',
    );
    assert.deepEqual(found(stdout).slice(0, 7), expected());
    assert.match(found(stdout)[7] ?? '', /^exclusion-saves: .* \^pr\[-_\.\] would leave out 300 of 302 tags/);
    assert.equal(status, 1);
    const { findings, notKnown, repositories } = JSON.parse(stdout);
    assert.deepEqual(
      [findings[2].file, findings[2].path, findings[2].line],
      ['app.yaml', 'deploy/app.yaml', 2],
    );
    assert.deepEqual(
      notKnown.map(({ rule, object }: { rule: string; object: string }) => `${rule} ${object}`),
      [
        'interval-outpaces-change ImageRepository apps/forgotten',
        'exclusion-saves ImageRepository apps/forgotten',
      ],
    );
    assert.deepEqual(repositories[0], {
      namespace: 'apps',
      name: 'web',
      image: `${registry.host}/acme/web`,
      intervalMs: 60_000,
      scansPerDay: 1440,
      pages: 1,
      tags: 302,
      changes: 1,
      observedMs: 19 * 12 * hourMs,
    });
  });

  it('says the same of a live cluster, and of what it may not list that it is not known', async () => {
    const resources = ['imagerepositories', 'imagepolicies'];
    const rules = [{ apiGroups: ['image.toolkit.fluxcd.io'], resources, verbs: ['list'] }];
    const users = { 'secret-limited': { name: 'limited', rules } };
    const api = await startFakeApiServer({ objects, token: 'secret', users });
    const words = ['deploy', '--kubeconfig', 'kubeconfig', '--ledger', 'ledger.db', '-o', 'json'];
    await writeFile(join(folder, 'kubeconfig'), kubeconfigFor(api.url, 'secret'));
    const live = await run(...words);
    assert.deepEqual(found(live.stdout).slice(0, 7), expected());
    await writeFile(join(folder, 'kubeconfig'), kubeconfigFor(api.url, 'secret-limited'));
    const limited = await run(...words);
    await api.close();
    const [, second = ''] = expected();
    assert.equal(
      found(limited.stdout)[1],
      second.replace(', and there is no ImageUpdateAutomation in shop', ''),
    );
    assert.match(JSON.parse(limited.stdout).problems[0].hint, /does without imageupdateautomations/);
  });

  const unknown: readonly { name: string; words: readonly string[]; because: RegExp }[] = [
    { name: 'no place was given', words: [], because: /no place was given to look for markers in/ },
    {
      name: 'there is no marker at all',
      words: ['objects.json'],
      because: /no marker at all stands in the places given/,
    },
    {
      name: 'a file cannot be read',
      words: ['deploy', 'broken.yaml'],
      because: /could not be read for markers/,
    },
    { name: 'the folder is empty', words: ['empty'], because: /could not be read for markers/ },
  ];
  for (const { name, words, because } of unknown) {
    it(`calls no policy unmarked where ${name}`, async () => {
      await mkdir(join(folder, 'empty'), { recursive: true });
      await writeFile(join(folder, 'broken.yaml'), 'a: [\nimage: b: c\n');
      const { stdout } = await run(...words, '--snapshot', 'objects.json', '--no-ledger', '-o', 'json');
      assert.ok(!stdout.includes('no marker names it'), stdout);
      const { notKnown } = JSON.parse(stdout);
      assert.match(notKnown.find(({ rule }: { rule: string }) => rule === 'policy-unused')?.because, because);
    });
  }

  it('says of one namespace only what can be known of it', async () => {
    const { stdout } = await run(
      'deploy',
      '-n',
      'apps',
      '--snapshot',
      'objects.json',
      '--no-ledger',
      '-o',
      'json',
    );
    assert.deepEqual(found(stdout), [expected()[0]]);
    const rules = JSON.parse(stdout).notKnown.map(({ rule }: { rule: string }) => rule);
    assert.ok(rules.includes('repository-unused') && rules.includes('marker-without-policy'));
  });

  it('takes the objects from files where it is told to ask no cluster', async () => {
    const text = itemsOf(objects)
      .map((item) => JSON.stringify(item))
      .join('\n---\n');
    await writeFile(join(folder, 'deploy', 'flux.yaml'), `${text}\n`);
    const { stdout } = await run('deploy', '--no-cluster', '--no-ledger', '-o', 'json');
    await rm(join(folder, 'deploy', 'flux.yaml'));
    assert.deepEqual(found(stdout).slice(0, 4), expected().slice(0, 4));
  });

  const dumpOf = (...plurals: readonly string[]): string =>
    plurals
      .map((plural) => JSON.stringify({ kind: 'List', items: itemsOf({ [plural]: objects[plural] ?? [] }) }))
      .join('\n');
  const command = /give what "kubectl get imagerepositories,imagepolicies -A -o json" prints/i;
  const emptyList = '{"kind":"List","items":[]}';
  const refused: readonly { name: string; given: () => string; message: RegExp }[] = [
    { name: 'nothing: the command failed', given: () => '', message: /standard input is empty/ },
    { name: 'a list of nothing', given: () => emptyList, message: /no image objects in standard input/ },
    {
      name: "kubectl's own error",
      given: () => 'error: the server doesn\'t have a resource type "imagepolicies"\n',
      message: /no image objects in standard input; error: the server doesn't have/,
    },
    { name: 'half a list', given: () => emptyList.slice(0, -1), message: /ends in the middle/ },
    { name: 'prose', given: () => 'NAME  READY\nweb  True\n', message: /standard input: expected objects/ },
    { name: 'no JSON', given: () => '{"a":}', message: /standard input: .* is not JSON/ },
  ];
  for (const { name, given, message } of refused) {
    it(`could not look where the dump is ${name}`, async () => {
      const { status, stdout, stderr } = await runWith(given(), '--snapshot', '-', '--no-ledger');
      assert.deepEqual([status, stdout], [3, '']);
      assert.match(stderr, message);
      assert.match(stderr, name === 'half a list' ? /take the dump again/ : command);
    });
  }

  it('could not look where a kind is missing that every rule needs', async () => {
    const dump = JSON.stringify({ kind: 'List', items: itemsOf({ imagepolicies: [] }) });
    const repositories = JSON.stringify({ kind: 'ImageRepositoryList', items: [] });
    const { status, stdout } = await runWith(dump + repositories, '--snapshot', '-', '--no-ledger');
    assert.equal(status, 3);
    assert.match(stdout, /no ImagePolicy in standard input/);
    assert.match(stdout, /\nNo findings; 1 place could not be looked at\.\n$/);
  });

  it('takes lists one after another, and does without the automations', async () => {
    const given = dumpOf('imagerepositories', 'imagepolicies', 'imageupdateautomations');
    const withoutPages = expected()[4]?.replace(/, [^,]* list pages$/, '') ?? '';
    const whole = await runWith(given, 'deploy', '--snapshot', '-', '--no-ledger', '-o', 'json');
    assert.deepEqual(found(whole.stdout), expected().slice(0, 4).concat(withoutPages));
    const without = dumpOf('imagerepositories', 'imagepolicies');
    const { stdout } = await runWith(without, 'deploy', '--snapshot', '-', '--no-ledger', '-o', 'json');
    assert.equal(found(stdout)[0], expected()[0]);
    const { problems, notKnown } = JSON.parse(stdout);
    assert.deepEqual(problems, []);
    assert.deepEqual(notKnown[0], {
      rule: 'policy-unused',
      because: 'ImageUpdateAutomations could not be listed',
    });
  });

  it('asks a cluster that has no automations without a complaint', async () => {
    const { imagerepositories = [], imagepolicies = [] } = objects;
    const api = await startFakeApiServer({ objects: { imagerepositories, imagepolicies }, token: 'secret' });
    await writeFile(join(folder, 'kubeconfig'), kubeconfigFor(api.url, 'secret'));
    const { stdout } = await run('deploy', '--kubeconfig', 'kubeconfig', '--no-ledger', '-o', 'json');
    await api.close();
    assert.deepEqual(JSON.parse(stdout).problems, []);
    assert.equal(found(stdout)[0], expected()[0]);
  });

  it('says what would do where there is no kubeconfig', async () => {
    const { status, stderr } = await run('--no-ledger');
    assert.equal(status, 3);
    assert.match(
      stderr,
      /--snapshot DUMP with what "kubectl get imagerepositories,imagepolicies -A -o json"/,
    );
  });

  it('makes no ledger: one that was named and is not there is an error', async () => {
    const { status, stderr } = await run('--snapshot', 'objects.json', '--ledger', 'absent.db');
    assert.equal(status, 3);
    assert.match(stderr, /there is no ledger/);
    await assert.rejects(access(join(folder, 'absent.db')));
  });

  it('does without a ledger where none was named and there is none', async () => {
    const { status, stdout } = await run('--snapshot', 'objects.json');
    assert.equal(status, 1);
    assert.match(stdout, /the ledger has no scans of it/);
    await assert.rejects(access(join(folder, '.local')));
  });

  it('is for people: by rule, with what to do, and what is not known', async () => {
    const { stdout, status } = await run('deploy', '--snapshot', 'objects.json', '--no-ledger');
    assert.equal(status, 1);
    assert.match(stdout, /^Nothing uses the policy {2}policy-unused\n {2}ImagePolicy apps\/old-web /);
    assert.match(
      stdout,
      /\nNot known:\n {2}interval-outpaces-change of each of 3 ImageRepositories: the ledger has no scans of it/,
    );
    assert.match(stdout, /\n5 findings\.\n$/);
  });

  const wrong: readonly (readonly string[])[] = [
    ['--no-cluster'],
    ['deploy', '--no-cluster', '--context', 'a'],
    ['deploy', '--snapshot', 'objects.json', '--context', 'a'],
    ['deploy', '--snapshot', 'objects.json', '--no-cluster'],
    ['-', '--snapshot', '-'],
  ];
  for (const words of wrong) {
    it(`refuses ${words.join(' ')}`, async () => assert.equal((await run(...words)).status, 2));
  }
});

function policy(namespace: string, name: string, repository: string, range: string): object {
  return {
    ...meta(namespace, name),
    spec: { imageRepositoryRef: { name: repository }, policy: { semver: { range } } },
  };
}

function itemsOf(objects: Readonly<Record<string, readonly object[]>>): readonly object[] {
  const kinds: Readonly<Record<string, string>> = {
    imagerepositories: 'ImageRepository',
    imagepolicies: 'ImagePolicy',
    imageupdateautomations: 'ImageUpdateAutomation',
  };
  return Object.entries(objects).flatMap(([plural, items]) =>
    items.map((item) => ({ apiVersion: group, kind: kinds[plural], ...item })),
  );
}
