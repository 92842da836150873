import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { configMaps, namespace, rejects } from '../../test/cluster/contract-objects.ts';
import type { FakeApiOptions } from '../../test/cluster/fake-options.ts';
import { refuse } from '../../test/cluster/fake-refusal.ts';
import { openFake } from '../../test/cluster/open-fake.ts';
import type { ApiAnswer } from './api-client.ts';
import type { ClusterErrorCode } from './errors.ts';
import type { KubernetesClient } from './kubernetes-client.ts';

/** Short, so that a test of silence ends soon. */
const impatient = { answerSilenceMs: 200, watchSilenceMs: 200 };

async function clientWith(
  context: TestContext,
  intercept: FakeApiOptions['intercept'],
): Promise<KubernetesClient> {
  const options = { objects: { configmaps: [] }, ...(intercept === undefined ? {} : { intercept }) };
  return (await openFake(context, options, { limits: impatient })).client;
}

async function watchOnce(client: KubernetesClient): Promise<void> {
  for await (const _ of client.watch(configMaps, { namespace, resourceVersion: '1' })) break;
}

const ask = {
  list: (client: KubernetesClient) => client.list(configMaps, { namespace }, () => undefined),
  watch: watchOnce,
  patch: (client: KubernetesClient) =>
    client.mergePatch(configMaps, { namespace, name: 'a' }, {}, { fieldManager: 'test' }),
};

describe('a Kubernetes client whose server fails', () => {
  const cases: readonly {
    name: string;
    given: FakeApiOptions['intercept'];
    asked?: keyof typeof ask;
    code: ClusterErrorCode;
    message: RegExp;
    hint?: RegExp;
    retryable: boolean;
  }[] = [
    {
      name: 'gives up on an answer that does not come',
      given: () => true,
      code: 'CLUSTER_UNREACHABLE',
      message: /no answer in time/,
      retryable: true,
    },
    {
      name: 'breaks off a watch on which nothing comes, not even an end',
      given(_url, response) {
        response.writeHead(200).flushHeaders();
        return true;
      },
      asked: 'watch',
      code: 'CLUSTER_UNREACHABLE',
      message: /cannot reach/,
      retryable: true,
    },
    {
      name: 'tells an answer that breaks off from one that is wrong',
      given(_url, response) {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"items":[', () => response.destroy());
        return true;
      },
      code: 'CLUSTER_UNREACHABLE',
      message: /cannot reach/,
      retryable: true,
    },
    {
      name: 'does not take a login page for a list',
      given: (_url, response) => response.end('<html>log in</html>') !== undefined,
      code: 'CLUSTER_ANSWER_INVALID',
      message: /answers no JSON/,
      retryable: false,
    },
    {
      name: 'does not take a login page for a watch',
      given: (_url, response) => response.end('<html>log in</html>\n') !== undefined,
      asked: 'watch',
      code: 'CLUSTER_ANSWER_INVALID',
      message: /answers no JSON/,
      retryable: false,
    },
    {
      name: 'is told to come back later by a busy server',
      given(_url, response) {
        refuse(response, 429, 'TooManyRequests', 'please try again later');
        return true;
      },
      code: 'CLUSTER_UNREACHABLE',
      message: /^127\.0\.0\.1:\d+ \(context fake\) answered 429: please try again later$/,
      hint: /busy or starting/,
      retryable: true,
    },
    {
      name: 'is told by a server that answers what it cannot do, and does not call it away',
      given(_url, response) {
        refuse(response, 503, 'ServiceUnavailable', 'apiserver not ready');
        return true;
      },
      asked: 'watch',
      code: 'CLUSTER_UNREACHABLE',
      message: /answered 503: apiserver not ready$/,
      hint: /busy or starting/,
      retryable: true,
    },
    {
      name: 'takes the refusal of an API server for one',
      given(_url, response) {
        refuse(response, 400, 'BadRequest', 'unable to parse requirement');
        return true;
      },
      code: 'CLUSTER_ANSWER_INVALID',
      message: /status 400: unable to parse requirement$/,
      hint: /correct what it names/,
      retryable: false,
    },
    {
      name: 'asks whether it is an API server where a page refuses',
      given: (_url, response) => response.writeHead(400).end('<html>bad</html>') !== undefined,
      code: 'CLUSTER_ANSWER_INVALID',
      message: /status 400/,
      hint: /is this address a Kubernetes API server/,
      retryable: false,
    },
    {
      name: 'names the right that is missing',
      given(_url, response) {
        refuse(response, 403, 'Forbidden', 'User "x" cannot patch resource');
        return true;
      },
      asked: 'patch',
      code: 'CLUSTER_FORBIDDEN',
      message: /forbids to patch .*configmaps\/a: User "x" cannot patch/,
      hint: /^ask for the right: kubectl auth can-i --list$/,
      retryable: false,
    },
    {
      name: 'says that what it changes is not there',
      given: undefined,
      asked: 'patch',
      code: 'CLUSTER_NOT_FOUND',
      message: /configmaps "a" not found/,
      retryable: false,
    },
  ];
  for (const { name, given, asked = 'list', code, message, hint = /./, retryable } of cases) {
    it(name, async (context) => {
      const client = await clientWith(context, given);
      const answer = ask[asked](client);
      await rejects(answer, code, message);
      await assert.rejects(answer, { retryable, hint });
    });
  }

  it('ends with the reason of the caller, in the middle of an answer too', async (context) => {
    const caller = new AbortController();
    const client = await clientWith(context, (_url, response) => {
      response.writeHead(200);
      response.write('{"items":[', () => caller.abort(new Error('called off')));
      return true;
    });
    const listed = client.list(configMaps, { namespace, signal: caller.signal }, () => undefined);
    await assert.rejects(listed, /called off/);
  });
});

describe('a Kubernetes client that asks again and again', () => {
  it('keeps its connection', async (context) => {
    const ports = new Set<number | undefined>();
    const client = await clientWith(context, (_url, response) => {
      ports.add(response.req.socket.remotePort);
      return false;
    });
    for (let times = 0; times < 5; times += 1) await ask.list(client);
    assert.equal(ports.size, 1);
  });
});

it('a Kubernetes client tells of each request what became of it', async (context) => {
  const answers: ApiAnswer[] = [];
  const { server, client } = await openFake(
    context,
    { objects: { configmaps: [] } },
    { onAnswer: (answer) => answers.push(answer) },
  );
  await ask.list(client);
  await client.read(configMaps, { namespace, name: 'absent' });
  await rejects(ask.patch(client), 'CLUSTER_NOT_FOUND', /a/);
  await server.close();
  await rejects(ask.list(client), 'CLUSTER_UNREACHABLE', /cannot reach/);
  assert.deepEqual(answers, [
    { method: 'GET', status: 200 },
    { method: 'GET', status: 404 },
    { method: 'PATCH', status: 404 },
    { method: 'GET', status: undefined },
  ]);
});
