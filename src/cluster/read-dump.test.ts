import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { stringify } from 'yaml';
import {
  digestA,
  fluentd,
  idOf,
  listOf,
  nodeObject,
  podObject,
  pulledEvent,
} from '../../test/cluster/objects.ts';
import { ClusterError } from './errors.ts';
import { readDump, readDumpStream } from './read-dump.ts';
import type { Snapshot } from './snapshot.ts';

const pod = podObject({ name: 'fluentd-0', imageId: idOf(fluentd, digestA) });
const node = nodeObject('old-1');
const event = pulledEvent('fluentd-0', 'old-1', '2026-11-01T09:59:30Z');
const whole = listOf(pod, node, event);

function readBytes(bytes: string | Uint8Array): Promise<Snapshot> {
  return readDumpStream('standard input', Readable.from([Buffer.from(bytes)]));
}

function withoutKind(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'kind' && key !== 'apiVersion'));
}

const shapes: readonly { name: string; given: string | Uint8Array }[] = [
  { name: 'one List', given: JSON.stringify(whole, undefined, 4) },
  {
    name: 'several lists one after another',
    given: [listOf(pod), listOf(node), listOf(event)].map((one) => JSON.stringify(one)).join('\n'),
  },
  { name: 'single objects', given: [pod, node, event].map((one) => JSON.stringify(one)).join('\n') },
  { name: 'an array of lists', given: JSON.stringify([whole]) },
  { name: 'lists in a list', given: JSON.stringify(listOf(listOf(pod, node), event)) },
  {
    name: 'lists whose items have no kind',
    given: [
      { kind: 'PodList', items: [withoutKind(pod)] },
      { items: [withoutKind(node)], kind: 'NodeList' },
      { items: [withoutKind(event)], kind: 'EventList' },
    ]
      .map((one) => JSON.stringify(one))
      .join(''),
  },
  { name: 'YAML', given: stringify(whole) },
  {
    name: 'several YAML documents',
    given: [pod, node, event].map((one) => `---\n${stringify(one)}`).join(''),
  },
  { name: 'gzip', given: gzipSync(JSON.stringify(whole)) },
  { name: 'UTF-8 with a byte order mark', given: `\ufeff${JSON.stringify(whole)}` },
  {
    name: "UTF-16, as PowerShell's redirection writes it",
    given: Buffer.from(`\ufeff${JSON.stringify(whole)}`, 'utf16le'),
  },
];

const refused: readonly { name: string; given: string | Uint8Array; code: string; message: RegExp }[] = [
  { name: 'nothing', given: '', code: 'SNAPSHOT_EMPTY', message: /no objects in standard input/ },
  {
    name: 'an empty list, which may mean everything',
    given: JSON.stringify(listOf()),
    code: 'SNAPSHOT_EMPTY',
    message: /no objects/,
  },
  {
    name: 'other kinds only',
    given: JSON.stringify(listOf(node)),
    code: 'SNAPSHOT_EMPTY',
    message: /1 objects but no pods/,
  },
  {
    name: "kubectl's own error",
    given: 'Error from server (Forbidden): pods is forbidden\n',
    code: 'SNAPSHOT_EMPTY',
    message: /kubectl said: Error from server/,
  },
  {
    name: 'a half-written file',
    given: JSON.stringify(whole).slice(0, -200),
    code: 'SNAPSHOT_UNREADABLE',
    message: /^standard input: it ends in the middle/,
  },
  {
    name: 'half a gzip file',
    given: gzipSync(JSON.stringify(whole)).subarray(0, 100),
    code: 'SNAPSHOT_UNREADABLE',
    message: /cannot unpack standard input/,
  },
  {
    name: 'a zip archive',
    given: 'PK\u0003\u0004',
    code: 'SNAPSHOT_UNREADABLE',
    message: /is a zip archive/,
  },
  {
    name: 'prose',
    given: 'NAME   READY\nfluentd-0   1/1\n',
    code: 'SNAPSHOT_UNREADABLE',
    message: /standard input: (?:neither JSON nor YAML|expected objects)/,
  },
  { name: 'a YAML bomb', given: bomb(), code: 'SNAPSHOT_UNREADABLE', message: /alias/i },
  {
    name: 'bytes of no meaning',
    given: Buffer.from([0, 255, 1, 254, 2, 253]),
    code: 'SNAPSHOT_UNREADABLE',
    message: /standard input/,
  },
];

/** A billion laughs. */
function bomb(): string {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 10; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(',')}]`);
  }
  return lines.join('\n');
}

describe('reading a dump', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-dump-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(file: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  }

  for (const { name, given } of shapes) {
    it(`takes ${name}`, async () => {
      const snapshot = await readBytes(given);
      assert.deepEqual(
        [snapshot.pods.map((one) => one.name), snapshot.nodes.map((one) => one.name), snapshot.events.length],
        [['fluentd-0'], ['old-1'], 1],
      );
      assert.deepEqual(snapshot.problems, []);
    });
  }

  for (const { name, given, code, message } of refused) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(
        readBytes(given),
        (error) => error instanceof ClusterError && error.code === code && message.test(error.message),
      );
    });
  }

  for (const given of ['NAME   READY\n', '{"a":}', 'a: [', bomb(), JSON.stringify(listOf())]) {
    it(`says what to give in place of ${JSON.stringify(given.slice(0, 20))}`, async () => {
      await assert.rejects(
        readBytes(given),
        (error) =>
          error instanceof ClusterError &&
          /kubectl get pods,nodes,events,.* -A -o json/.test(error.hint ?? ''),
      );
    });
  }

  it('takes the folder of "kubectl cluster-info dump", and names the files it could not read', async () => {
    await write('dump/nodes.json', JSON.stringify({ kind: 'NodeList', items: [node] }));
    await write('dump/logging/pods.json', JSON.stringify({ kind: 'PodList', items: [pod] }));
    await write(
      'dump/logging/events.json.gz',
      gzipSync(JSON.stringify({ kind: 'EventList', items: [event] })),
    );
    await write('dump/logging/services.json', '{"kind":"ServiceList","items":[{"a"');
    await write('dump/logging/fluentd-0/logs.txt', '{{{ not an object');
    await symlink('..', join(folder, 'dump/loop'));
    const snapshot = await readDump(join(folder, 'dump'));
    assert.deepEqual(
      [
        snapshot.pods.length,
        snapshot.nodes.length,
        snapshot.events.length,
        snapshot.problems.map((one) => one.file),
      ],
      [1, 1, 1, ['logging/services.json']],
    );
  });

  it('says that a path is not there, as the user wrote it', async () => {
    await assert.rejects(
      readDump(join(folder, 'absent.json'), { name: 'absent.json' }),
      /cannot read absent\.json/,
    );
  });

  it('keeps kinds that were not read apart from kinds that are empty', async () => {
    const cut = await readBytes(
      `Error from server (Forbidden): nodes is forbidden\n${JSON.stringify(listOf(pod))}`,
    );
    assert.deepEqual(cut.coverage, { pods: true, nodes: false, events: false, workloads: false });
    assert.match(cut.problems[0]?.message ?? '', /nodes is forbidden/);
    const empty = await readBytes('{"kind":"PodList","items":[]}');
    assert.deepEqual([empty.coverage.pods, empty.pods.length], [true, 0]);
  });

  it('takes the newest instant in it for when it was taken', async () => {
    const { takenAt } = await readBytes(JSON.stringify(whole));
    assert.equal(takenAt, Date.parse('2026-11-01T10:00:00Z'));
  });

  it('never fails on objects of any shape, and cuts texts that are too long', async () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constant('x'.repeat(100_000)),
      fc.constant(JSON.parse('{"__proto__":{"name":"p"},"constructor":1}')),
    );
    const object = fc.record(
      {
        kind: fc.constantFrom('Pod', 'Node', 'Event', 'ReplicaSet', 'List'),
        metadata: fc.oneof(
          anything,
          fc.record({ name: fc.constantFrom('a', '../b', 'x; rm'), ownerReferences: anything }),
        ),
        spec: fc.oneof(
          anything,
          fc.record({
            containers: fc.oneof(anything, fc.array(fc.record({ name: anything, image: anything }))),
          }),
        ),
        status: fc.oneof(anything, fc.record({ containerStatuses: anything, images: fc.array(anything) })),
        items: anything,
      },
      { requiredKeys: ['kind'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(object), async (items) => {
        const snapshot = await readBytes(JSON.stringify(listOf(pod, ...items)));
        assert.ok(snapshot.pods.every((one) => /^[A-Za-z0-9._:-]+$/.test(one.name)));
        assert.ok(JSON.stringify(snapshot).length < 1_000_000);
      }),
      { numRuns: 150 },
    );
  });

  it('frees texts of what could steer a terminal', async () => {
    const message = 'no \u001b[31mred\u0007 and no\nline\u202e';
    const waiting = { waiting: { reason: 'ImagePullBackOff', message } };
    const { pods } = await readBytes(JSON.stringify(podObject({ name: 'p', state: waiting })));
    const state = pods[0]?.containers[0]?.state;
    assert.deepEqual(state, {
      kind: 'waiting',
      reason: 'ImagePullBackOff',
      message: 'no  [31mred  and no line',
    });
  });

  it('stops waiting for input that never comes', async () => {
    const controller = new AbortController();
    const silent = new PassThrough();
    const reading = readDumpStream('standard input', silent, { signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await assert.rejects(reading, /interrupted/);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    controller.abort(new Error('interrupted'));
    const stream = Readable.from([Buffer.from(JSON.stringify(whole))]);
    await assert.rejects(
      readDumpStream('standard input', stream, { signal: controller.signal }),
      /interrupted/,
    );
  });
});
