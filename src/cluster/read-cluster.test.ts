import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type FakeApiServer, kubeconfigFor, startFakeApiServer } from '../../test/cluster/fake-api-server.ts';
import type { FakeApiOptions } from '../../test/cluster/fake-options.ts';
import { refuse } from '../../test/cluster/fake-refusal.ts';
import { nodeObject, podObject, pulledEvent } from '../../test/cluster/objects.ts';
import { findFreePort } from '../../test/server-process.ts';
import { fixedClock } from '../clock.ts';
import { ClusterError } from './errors.ts';
import { type ReadClusterOptions, readCluster } from './read-cluster.ts';
import type { Snapshot } from './snapshot.ts';

const now = Date.UTC(2026, 10, 21);

const pods = Array.from({ length: 25 }, (_, at) =>
  podObject({
    name: `web-${at}`,
    namespace: at % 5 === 0 ? 'other' : 'logging',
    labels: { tier: at % 2 === 0 ? 'front' : 'back' },
  }),
);

const objects: FakeApiOptions['objects'] = {
  pods,
  nodes: [nodeObject('old-1'), nodeObject('new-1')],
  events: [pulledEvent('web-1', 'old-1', '2026-11-01T10:00:00Z')],
  replicasets: [],
  deployments: [],
  statefulsets: [],
  daemonsets: [],
  jobs: [],
  cronjobs: [],
};

describe('reading a live cluster', () => {
  let folder = '';
  let server: FakeApiServer | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-kubeconfig-'));
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function start(options: Partial<FakeApiOptions> = {}): Promise<FakeApiServer> {
    server = await startFakeApiServer({ objects, ...options });
    return server;
  }

  async function read(url: string, options: Partial<ReadClusterOptions> = {}): Promise<Snapshot> {
    await writeFile(join(folder, 'config'), kubeconfigFor(url));
    return readCluster({ kubeconfig: 'config', env: {}, cwd: folder, clock: fixedClock(now), ...options });
  }

  it('takes every page of every list', async () => {
    const { url, requests } = await start({ pageSizeMax: 10, token: 'secret-token' });
    const snapshot = await read(url);
    assert.equal(snapshot.pods.length, 25);
    assert.deepEqual(
      snapshot.nodes.map((node) => node.name),
      ['new-1', 'old-1'],
    );
    assert.equal(snapshot.events.length, 1);
    assert.equal(snapshot.takenAt, now);
    assert.deepEqual(snapshot.coverage, { pods: true, nodes: true, events: true, workloads: true });
    assert.equal(requests.filter((path) => path.startsWith('/api/v1/pods?')).length, 3);
  });

  it('asks for one namespace and for labels', async () => {
    const { url, requests } = await start();
    const snapshot = await read(url, { namespace: 'other', selector: 'tier=front' });
    assert.deepEqual(
      snapshot.pods.map((pod) => pod.name),
      ['web-0', 'web-10', 'web-20'],
    );
    assert.ok(requests.some((path) => path.startsWith('/api/v1/namespaces/other/events?')));
    assert.ok(requests.some((path) => path.startsWith('/api/v1/nodes?')));
  });

  it('begins a list again when its continue token expired, and counts nothing twice or gone', async () => {
    let isExpired = false;
    const { url } = await start({
      pageSizeMax: 10,
      intercept(asked, response) {
        if (isExpired || !asked.searchParams.has('continue')) return false;
        isExpired = true;
        refuse(response, 410, 'Expired', 'The provided continue parameter is too old');
        return true;
      },
    });
    assert.equal((await read(url)).pods.length, 25);
  });

  it('gives up on a list that expires again and again', async () => {
    const { url } = await start({
      pageSizeMax: 10,
      intercept(asked, response) {
        if (!asked.searchParams.has('continue')) return false;
        refuse(response, 410, 'Expired', 'too old');
        return true;
      },
    });
    await rejects(read(url), 'CLUSTER_ANSWER_INVALID', /expire faster than they are read/);
  });

  it('waits as a busy server asks, and goes on', async () => {
    const { url } = await start({
      intercept(_asked, response, nth) {
        if (nth > 2) return false;
        refuse(response, 429, 'TooManyRequests', 'please try again later', { 'retry-after': '0' });
        return true;
      },
    });
    assert.equal((await read(url)).pods.length, 25);
  });

  it('does without the kinds one may not list, and says so', async () => {
    const { url } = await start({ forbidden: ['nodes', 'events'] });
    const snapshot = await read(url);
    assert.deepEqual([snapshot.coverage.nodes, snapshot.coverage.events], [false, false]);
    assert.deepEqual(
      snapshot.problems.map((problem) => problem.code),
      ['CLUSTER_FORBIDDEN', 'CLUSTER_FORBIDDEN'],
    );
    assert.match(snapshot.problems[0]?.message ?? '', /User "jane" cannot list resource "nodes"/);
  });

  const refusals: readonly { name: string; given: Partial<FakeApiOptions>; code: string; message: RegExp }[] =
    [
      {
        name: 'a missing right to list pods',
        given: { forbidden: ['pods'] },
        code: 'CLUSTER_FORBIDDEN',
        message: /forbids to list \/api\/v1\/pods: pods is forbidden/,
      },
      {
        name: 'a credential that is wrong',
        given: { token: 'another' },
        code: 'CLUSTER_UNAUTHORIZED',
        message: /does not know who asks/,
      },
      {
        name: 'a login page',
        given: { intercept: (_url, response) => response.end('<html>login</html>') !== undefined },
        code: 'CLUSTER_ANSWER_INVALID',
        message: /answers no list/,
      },
      {
        name: 'a page that gives itself as the next',
        given: {
          intercept(_url, response) {
            response.end('{"kind":"PodList","metadata":{"continue":"same"},"items":[]}');
            return true;
          },
        },
        code: 'CLUSTER_ANSWER_INVALID',
        message: /the same page again and again/,
      },
      {
        name: 'an answer that breaks off',
        given: {
          intercept(_url, response) {
            response.writeHead(200, { 'content-length': '1000' });
            response.write('{"kind":"PodList","items":[', () => response.destroy());
            return true;
          },
        },
        code: 'CLUSTER_UNREACHABLE',
        message: /cannot reach 127\.0\.0\.1/,
      },
    ];
  for (const { name, given, code, message } of refusals) {
    it(`names ${name}, and shows no token`, async () => {
      const { url } = await start(given);
      await rejects(read(url), code, message);
    });
  }

  it('names a server that is not there', async () => {
    const free = await findFreePort();
    await rejects(
      read(`http://127.0.0.1:${free}`),
      'CLUSTER_UNREACHABLE',
      /cannot reach 127\.0\.0\.1:\d+ \(context fake\): .*ECONNREFUSED/,
    );
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const { url } = await start({
      intercept() {
        controller.abort(new Error('interrupted'));
        return true;
      },
    });
    await assert.rejects(
      read(url, { signal: controller.signal }),
      (error) => !(error instanceof ClusterError),
    );
  });

  describe('its kubeconfig', () => {
    async function readWith(env: Record<string, string>, context?: string): Promise<Snapshot> {
      return readCluster({
        env,
        cwd: folder,
        clock: fixedClock(now),
        ...(context === undefined ? {} : { context }),
      });
    }

    it('is merged from the files of KUBECONFIG, the first of a name winning, absent ones passed over', async () => {
      const { url } = await start({ token: 'right' });
      await writeFile(join(folder, 'first'), kubeconfigFor(url, 'right', 'one'));
      await writeFile(join(folder, 'second'), `${kubeconfigFor(url, 'wrong', 'one')}`);
      await writeFile(join(folder, 'third'), kubeconfigFor(url, 'wrong', 'three'));
      const files = ['absent', 'first', 'second', 'third'].map((file) => join(folder, file));
      const env = { KUBECONFIG: files.join(delimiter) };
      assert.equal((await readWith(env)).pods.length, 25);
      await rejects(readWith(env, 'three'), 'CLUSTER_UNAUTHORIZED', /context three/);
      await rejects(readWith(env, 'four'), 'KUBECONFIG_INVALID', /no context "four"/);
    });

    it('is missed with what to do', async () => {
      await rejects(readWith({ HOME: folder }), 'KUBECONFIG_INVALID', /no ~\/\.kube\/config/);
      await assert.rejects(readWith({ HOME: folder }), { hint: /--snapshot DUMP .*kubectl get pods,nodes,/ });
      await rejects(
        readCluster({ kubeconfig: 'absent', env: {}, cwd: folder, clock: fixedClock(now) }),
        'KUBECONFIG_INVALID',
        /cannot read the kubeconfig .*absent/,
      );
    });

    it('may name a program for the credential, whose failure is told', async () => {
      const { url } = await start();
      const config = kubeconfigFor(url).replace(
        '{token: secret-token}',
        '{exec: {apiVersion: client.authentication.k8s.io/v1, command: node, args: ["-e", "console.error(\'please log in\'); process.exit(1)"]}}',
      );
      await writeFile(join(folder, 'exec'), config);
      await rejects(
        readWith({ KUBECONFIG: join(folder, 'exec') }),
        'KUBECONFIG_INVALID',
        /no credential for context fake: please log in/,
      );
    });
  });
});

async function rejects(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof ClusterError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.ok(!`${error.message} ${error.hint}`.includes('secret-token'));
    return true;
  });
}
