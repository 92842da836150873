import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { runCli } from '../src/cli/cli.ts';
import { fixedClock, systemClock } from '../src/clock.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { openRegistry } from '../src/registry/open-registry.ts';
import type { PushedImage } from '../src/registry-server/images.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { kubeconfigFor, startFakeApiServer } from './cluster/fake-api-server.ts';
import {
  crashing,
  digestA,
  digestB,
  fluentd,
  idOf,
  listOf,
  nodeObject,
  podObject,
  pulledEvent,
} from './cluster/objects.ts';
import { testHost } from './host.ts';

type Answer = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** The part of the JSON that is promised. */
type Report = {
  readonly splits: readonly {
    readonly reference: string;
    readonly contents: readonly {
      readonly digest: string;
      readonly failing: number;
      readonly pods: readonly { readonly namespace: string; readonly name: string; readonly node: string }[];
      readonly isPublished: boolean | null;
    }[];
    readonly workloads: readonly { readonly kind: string; readonly name: string }[];
    readonly published: string | null;
    readonly publishedReason: string | null;
    readonly explanation: string;
  }[];
  readonly unknown: readonly { readonly reference: string; readonly reason: string }[];
  readonly latent: readonly { readonly cause: string }[];
};

const owner = { kind: 'DaemonSet', name: 'fluentd' };
const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
];

describe('holdfast skew', () => {
  let folder = '';
  let registry: RegistryServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-skew-'));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    registry = await startRegistryServer();
  });
  afterEach(() => registry.close());

  function run(words: readonly string[], dump: object = {}): Promise<Answer> {
    return runWords(['skew', ...words], dump);
  }

  async function runWords(words: readonly string[], dump: object = {}): Promise<Answer> {
    const captured = testHost({
      cwd: folder,
      env: { HOME: folder },
      stdin: JSON.stringify(dump),
      clock: fixedClock(Date.UTC(2026, 10, 21)),
      services: {
        openLedger: (location) => openLedger(location ?? 'ledger.db', { env: {}, cwd: folder }),
        openRegistry: async () =>
          openRegistry({
            env: { HOME: folder },
            homeDirectory: folder,
            systemRoot: folder,
            userId: undefined,
            clock: systemClock,
            random: () => 0,
          }),
      },
    });
    const status = await runCli(words, captured.host);
    return { status, stdout: captured.stdout(), stderr: captured.stderr() };
  }

  async function report(
    dump: object,
    ...words: readonly string[]
  ): Promise<Report & { readonly status: number }> {
    const answer = await run(['-', '-o', 'json', ...words], dump);
    return { ...(JSON.parse(answer.stdout) as Report), status: answer.status };
  }

  function push(seed: string, ...alsoTags: readonly string[]): PushedImage {
    return registry.pushImage({ repository: 'logging/fluentd', tag: 'full', alsoTags, seed, platforms });
  }

  function image(): string {
    return `${registry.host}/logging/fluentd:full`;
  }

  function running(name: string, node: string, digest: string, more: object = {}): object {
    return podObject({ name, node, image: image(), imageId: idOf(image(), digest), owner, ...more });
  }

  const nodes = [nodeObject('old-1'), nodeObject('new-1')];

  it('tells a rebuilt tag, what is published, the fixed tag of the build, and remembers', async () => {
    const [good, bad] = [push('one', 'full-build.168'), push('two', 'full-build.169')];
    const dump = listOf(
      ...nodes,
      running('fluentd-a', 'old-1', good.digest),
      running('fluentd-b', 'new-1', bad.digest, crashing),
      pulledEvent('fluentd-b', 'new-1', '2026-11-01T09:59:30Z', image()),
    );
    const { splits, status } = await report(dump, '--ledger', 'rebuilt.db');
    const [split] = splits;
    assert.equal(status, 1);
    assert.deepEqual(
      split?.contents.map((content) => [
        content.digest,
        content.failing,
        content.isPublished,
        content.pods.map((pod) => pod.node),
      ]),
      [
        [good.digest, 0, false, ['old-1']],
        [bad.digest, 1, true, ['new-1']],
      ],
    );
    assert.equal(split?.published, bad.digest);
    assert.deepEqual(
      split?.workloads.map((one) => `${one.kind} ${one.name}`),
      ['DaemonSet fluentd'],
    );
    assert.match(split?.explanation ?? '', /full-build\.168/);
    assert.ok(split?.explanation.includes(`set image daemonset/fluentd app=${image()}@${good.digest}`));

    const ledger = await openLedger('rebuilt.db', { env: {}, cwd: folder });
    const [repository, tag] = [{ registry: registry.host, path: 'logging/fluentd' }, 'full'];
    const seen = await ledger.listObservations(
      repository,
      tag as Parameters<typeof ledger.listObservations>[1],
    );
    assert.deepEqual(
      seen.map((one) => `${one.digest} ${one.source}`).sort(),
      [`${good.digest} pod`, `${bad.digest} pod`, `${bad.digest} resolve`].sort(),
    );
    assert.ok((await ledger.findRelated(good.digest)).some((one) => one.digest === good.children[0]?.digest));
    await ledger.close();
  });

  it('finds no split in an index and its platform manifests, and nothing about to come', async () => {
    const pushed = push('one');
    const [amd64, arm64] = pushed.children;
    const found = await report(
      listOf(
        nodeObject('old-1'),
        nodeObject('new-1', { architecture: 'arm64' }),
        running('fluentd-a', 'old-1', pushed.digest),
        running('fluentd-b', 'old-1', amd64?.digest ?? ''),
        running('fluentd-c', 'new-1', arm64?.digest ?? ''),
      ),
      '--no-ledger',
    );
    assert.deepEqual([found.status, found.splits, found.unknown, found.latent], [0, [], [], []]);
  });

  it('relates digests by the ledger when the registry is gone', async () => {
    const pushed = push('one');
    const dump = listOf(
      ...nodes,
      running('fluentd-a', 'old-1', pushed.digest),
      running('fluentd-b', 'new-1', pushed.children[0]?.digest ?? ''),
    );
    assert.equal((await report(dump, '--ledger', 'related.db')).status, 0);
    assert.equal((await report(dump, '--ledger', 'related.db', '--offline')).status, 0);
    assert.equal((await report(dump, '--no-ledger', '--offline')).status, 1);
  });

  it('names the fixed tag of a build that the ledger saw, without the registry', async () => {
    const [good, bad] = [push('one', 'full-build.168'), push('two', 'full-build.169')];
    const words = ['scan', `${registry.host}/logging/fluentd`, '--digests', 'all', '--ledger', 'scanned.db'];
    const scanned = await runWords(words);
    assert.equal(scanned.status, 0, scanned.stderr);
    const dump = listOf(
      ...nodes,
      running('fluentd-a', 'old-1', good.digest),
      running('fluentd-b', 'new-1', bad.digest, crashing),
    );
    const { splits } = await report(dump, '--ledger', 'scanned.db', '--offline');
    assert.match(splits[0]?.explanation ?? '', /which does not move: \S+full-build\.168/);
  });

  it('says that an index and a manifest in it may be one image, where nobody compared them', async () => {
    const image = push('whole');
    const child = image.children[0]?.digest ?? '';
    const dump = listOf(
      ...nodes,
      running('fluentd-a', 'old-1', image.digest),
      running('fluentd-b', 'new-1', child),
    );
    const { splits } = await report(dump, '--no-ledger', '--offline');
    assert.match(
      splits[0]?.explanation ?? '',
      /They may still be two names of one image .* not compared, since --offline was given\./,
    );
    assert.deepEqual((await report(dump, '--no-ledger')).splits, []);
  });

  it('compares a config digest that a known manifest has', async () => {
    const [child] = push('whole').children;
    const other = push('other').children[0];
    assert.ok(child !== undefined && other !== undefined);
    const dump = listOf(
      ...nodes,
      running('fluentd-a', 'old-1', child.digest),
      running('fluentd-b', 'old-1', other.digest),
      running('fluentd-c', 'new-1', '', { imageId: child.configDigest }),
    );
    const { splits, unknown } = await report(dump, '--no-ledger');
    assert.deepEqual(unknown, []);
    assert.deepEqual(splits[0]?.contents.map(({ pods }) => pods.length).sort(), [1, 2]);
  });

  it('foresees a split where the tag moved', async () => {
    const old = push('one');
    push('two');
    const found = await report(listOf(...nodes, running('fluentd-a', 'old-1', old.digest)), '--no-ledger');
    assert.deepEqual([found.status, found.latent.map((one) => one.cause)], [0, ['moved']]);
  });

  it('says why it does not know what a silent registry serves', async () => {
    const dump = listOf(
      ...nodes,
      running('fluentd-a', 'old-1', digestA),
      running('fluentd-b', 'new-1', digestB),
    );
    await registry.close();
    const { splits } = await report(dump, '--no-ledger');
    assert.equal(splits[0]?.published, null);
    assert.match(splits[0]?.publishedReason ?? '', /^127\.0\.0\.1:\d+: nothing listens there/);
    registry = await startRegistryServer();
  });

  it('takes a live cluster, a file, and one namespace of either', async () => {
    const objects = [running('fluentd-a', 'old-1', digestA), running('fluentd-b', 'new-1', digestB)];
    const api = await startFakeApiServer({ objects: { pods: objects, nodes, events: [] } });
    await writeFile(join(folder, 'config'), kubeconfigFor(api.url));
    const live = await run(['--kubeconfig', 'config', '--offline', '--no-ledger']);
    const none = await run(['--kubeconfig', 'config', '--offline', '--no-ledger', '-n', 'other']);
    await api.close();
    await writeFile(join(folder, 'dump.json'), JSON.stringify(listOf(...objects, ...nodes)));
    const dump = await run(['dump.json', '--offline', '--no-ledger']);
    const other = await run(['--snapshot', 'dump.json', '--offline', '--no-ledger', '-n', 'other']);
    assert.deepEqual([live.status, none.status, dump.status, other.status], [1, 3, 1, 3]);
    assert.match(dump.stdout, /^SPLIT {2}127\.0\.0\.1/);
    assert.match(none.stdout, /No pods, so nothing was compared \(0 references, 0 pods, 2 nodes/);
    assert.match(other.stderr, /no pods in namespace other: nothing was compared\n {2}hint: check context/);
  });

  const usage: readonly { name: string; words: readonly string[]; status: number; stderr: RegExp }[] = [
    {
      name: 'a file that is not there',
      words: ['absent.json'],
      status: 3,
      stderr: /cannot read absent\.json[^]*hint:/,
    },
    { name: 'no cluster at all', words: [], status: 3, stderr: /no kubeconfig[^]*hint: give --kubeconfig/ },
    {
      name: 'labels of a dump',
      words: ['-', '-l', 'a=b'],
      status: 2,
      stderr: /--selector is for a live cluster/,
    },
    { name: 'two dumps', words: ['-', '--snapshot', 'x'], status: 2, stderr: /given twice/ },
    { name: 'two arguments', words: ['a', 'b'], status: 2, stderr: /too many arguments/ },
  ];
  for (const { name, words, status, stderr } of usage) {
    it(`refuses ${name}`, async () => {
      const answer = await run(words);
      assert.equal(answer.status, status);
      assert.match(answer.stderr, stderr);
      assert.equal(answer.stdout, '');
    });
  }

  it('does not take a dump for clean that it could not read whole', async () => {
    await mkdir(join(folder, 'dump/logging'), { recursive: true });
    await writeFile(
      join(folder, 'dump/logging/pods.json'),
      JSON.stringify(listOf(running('p', 'old-1', digestA))),
    );
    await writeFile(join(folder, 'dump/other.json'), '{"items":[{"kind":"Pod",');
    const answer = await run(['dump', '--offline', '--no-ledger']);
    assert.equal(answer.status, 3);
    assert.match(answer.stdout, /as far as could be read, which is not all/);
    assert.match(answer.stderr, /other\.json: .*ends in the middle/);
  });

  it('gives an exit status and no failure of ours on objects of any shape', async () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('app', fluentd, idOf(fluentd, digestA), digestB, '\u001b[31m'),
    );
    const container = fc.record({
      name: anything,
      image: anything,
      imagePullPolicy: anything,
      imageID: anything,
    });
    const state = fc.record({
      name: fc.constant('app'),
      imageID: anything,
      state: anything,
      lastState: anything,
      restartCount: anything,
    });
    const object = fc.record({
      kind: fc.constantFrom('Pod', 'Node', 'Event', 'StatefulSet'),
      metadata: fc.record({
        name: fc.constantFrom('a', 'b', 'c'),
        labels: anything,
        ownerReferences: fc.array(anything),
      }),
      spec: fc.record({
        nodeName: anything,
        containers: fc.array(fc.oneof(anything, container)),
        template: anything,
      }),
      status: fc.record({
        containerStatuses: fc.array(fc.oneof(anything, state)),
        images: fc.array(fc.record({ names: fc.array(anything) })),
        phase: anything,
      }),
      involvedObject: anything,
      message: anything,
    });
    const usual = [running('p', 'old-1', digestA), running('q', 'new-1', digestB, crashing)];
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 8 }),
        fc.constantFrom('table', 'json', 'yaml'),
        async (objects, format) => {
          const answer = await run(
            ['-', '--offline', '--no-ledger', '-o', format],
            listOf(...usual, ...objects),
          );
          assert.equal(answer.status, 1, answer.stderr);
          // oxlint-disable-next-line no-control-regex -- control characters are what it is for
          assert.doesNotMatch(answer.stdout + answer.stderr, /\u001b/);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the verdict where the ledger cannot be opened, and says that nothing was recorded', async () => {
    await writeFile(join(folder, 'broken.db'), 'this is no database, whatever its name says');
    const answer = await run(
      ['-', '--offline', '--ledger', 'broken.db'],
      listOf(running('p', 'old-1', digestA)),
    );
    assert.equal(answer.status, 0);
    assert.match(answer.stderr, /warning: the ledger was not used: /);
  });

  it('is a process with an exit status', () => {
    const program = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
    const input = JSON.stringify(listOf(running('p', 'old-1', digestA), running('q', 'new-1', digestB)));
    const words = [program, 'skew', '-', '--offline', '--no-ledger', '-o', 'yaml'];
    const { status, stdout } = spawnSync(process.execPath, words, { input, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stdout, /^splits:\n {2}- reference: 127/);
  });
});
