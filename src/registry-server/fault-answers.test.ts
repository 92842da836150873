import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fixedClock } from '../clock.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { digestOf } from '../reference/digest.ts';
import type { Fault, RetryAfter } from './fault.ts';
import type { PushedImage } from './images.ts';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

const now = Date.UTC(2026, 0, 1);

describe('faults', () => {
  let server: RegistryServer;
  let image: PushedImage;
  before(async () => {
    server = await startRegistryServer({ clock: fixedClock(now) });
    image = server.pushImage({ repository: 'team/app', tag: '1.0' });
  });
  afterEach(() => server.faults.clear());
  after(() => server.close());

  const ask = (init: RequestInit = {}) =>
    fetch(`${server.url}/v2/team/app/manifests/1.0`, { redirect: 'manual', ...init });
  const askWith = (fault: Fault, init: RequestInit = {}) => {
    server.faults.add({ fault });
    return ask(init);
  };
  const readRaw = (): Promise<{ answer: IncomingMessage; bytes: Buffer; isWhole: boolean }> =>
    new Promise((resolve, reject) => {
      get(`${server.url}/v2/team/app/manifests/1.0`, { agent: false }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        // What was cut off ends as an error; what arrived before is what the test is about.
        answer.on('error', () => undefined);
        answer.on('close', () => resolve({ answer, bytes: Buffer.concat(pieces), isWhole: answer.complete }));
      }).on('error', reject);
    });

  const statuses: {
    name: string;
    fault: Fault;
    status: number;
    headers?: Record<string, string>;
    code?: string;
  }[] = [
    {
      name: 'a 401 with a challenge',
      fault: {
        kind: 'status',
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="https://elsewhere.invalid/token"' },
      },
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="https://elsewhere.invalid/token"' },
      code: 'UNAUTHORIZED',
    },
    { name: 'a 403', fault: { kind: 'status', status: 403 }, status: 403, code: 'DENIED' },
    {
      name: 'a 404 with a code of its own',
      fault: { kind: 'status', status: 404, code: 'MANIFEST_UNKNOWN' },
      status: 404,
      code: 'MANIFEST_UNKNOWN',
    },
    { name: 'a 503', fault: { kind: 'status', status: 503 }, status: 503, code: 'UNKNOWN' },
    {
      name: 'a 407',
      fault: { kind: 'status', status: 407, headers: { 'proxy-authenticate': 'Basic' } },
      status: 407,
      headers: { 'proxy-authenticate': 'Basic' },
    },
    {
      name: 'a redirect',
      fault: { kind: 'redirect', url: 'http://169.254.169.254/latest/' },
      status: 307,
      headers: { location: 'http://169.254.169.254/latest/' },
    },
    {
      name: 'a redirect to another origin',
      fault: { kind: 'redirect-origin', origin: 'http://mirror.invalid', status: 302 },
      status: 302,
      headers: { location: 'http://mirror.invalid/v2/team/app/manifests/1.0' },
    },
    {
      name: 'a page for people',
      fault: { kind: 'html-body' },
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    },
    {
      name: 'a schema 1 manifest',
      fault: { kind: 'schema1' },
      status: 200,
      headers: { 'content-type': mediaTypes.dockerSchema1Signed },
    },
    { name: 'no body', fault: { kind: 'empty-body' }, status: 200, headers: { 'content-length': '0' } },
    {
      name: 'a digest that does not fit',
      fault: { kind: 'wrong-digest' },
      status: 200,
      headers: { 'docker-content-digest': digestOf(new Uint8Array(0)) },
    },
    {
      name: 'a clock that is off',
      fault: { kind: 'skew-date', seconds: 3600 },
      status: 200,
      headers: { date: 'Thu, 01 Jan 2026 01:00:00 GMT' },
    },
    {
      name: 'a header of its own',
      fault: { kind: 'set-header', name: 'Warning', value: '299 - "old"' },
      status: 200,
      headers: { warning: '299 - "old"' },
    },
  ];
  for (const { name, fault, status, headers = {}, code } of statuses) {
    it(`answers ${name}`, async () => {
      server.faults.add({ fault });
      const { answer, bytes } = await readRaw();
      assert.equal(answer.statusCode, status);
      for (const [header, value] of Object.entries(headers)) assert.equal(answer.headers[header], value);
      if (code !== undefined) {
        const { errors } = JSON.parse(bytes.toString()) as { errors: { code: string }[] };
        assert.equal(errors[0]?.code, code);
      }
    });
  }

  const forms: { retryAfter: RetryAfter | undefined; expected: string | null }[] = [
    { retryAfter: { form: 'seconds', seconds: 7 }, expected: '7' },
    { retryAfter: { form: 'http-date', seconds: 7 }, expected: 'Thu, 01 Jan 2026 00:00:07 GMT' },
    { retryAfter: { form: 'epoch', seconds: 7 }, expected: String(now / 1000 + 7) },
    { retryAfter: { form: 'text', text: 'soon' }, expected: 'soon' },
    { retryAfter: undefined, expected: null },
  ];
  for (const { retryAfter, expected } of forms) {
    it(`writes a Retry-After as ${retryAfter?.form ?? 'nothing'}`, async () => {
      const response = await askWith({ kind: 'status', status: 429, ...(retryAfter && { retryAfter }) });
      assert.deepEqual([response.status, response.headers.get('retry-after')], [429, expected]);
    });
  }

  it('fails so many times and then answers', async () => {
    server.faults.add({ times: 2, fault: { kind: 'status', status: 503 } });
    const answers = [await ask(), await ask(), await ask()];
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [503, 503, 200],
    );
  });

  it('redirects for ever, to another URL each time', async () => {
    server.faults.add({ fault: { kind: 'redirect-loop' } });
    const seen = new Set<string>();
    let url = `${server.url}/v2/team/app/manifests/1.0`;
    for (let hop = 0; hop < 10; hop += 1) {
      seen.add(url);
      url = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
    }
    assert.equal(seen.size, 10);
  });

  it('refuses HEAD and serves GET', async () => {
    server.faults.add({ fault: { kind: 'head-unsupported' } });
    assert.equal((await ask({ method: 'HEAD' })).status, 405);
    assert.equal((await ask()).status, 200);
  });

  it('hides a manifest whose type is not accepted', async () => {
    server.faults.add({ fault: { kind: 'require-accept' } });
    assert.equal((await ask({ headers: { accept: mediaTypes.dockerManifest } })).status, 404);
    assert.equal(
      (await ask({ headers: { accept: `text/plain, ${mediaTypes.ociManifest};q=0.5` } })).status,
      200,
    );
  });

  it('forgets a tag for a while, and finds it again', async () => {
    server.faults.add({ times: 1, fault: { kind: 'forget-tag', tag: '1.0' } });
    assert.equal((await ask({ method: 'HEAD' })).status, 404);
    assert.equal((await ask({ method: 'HEAD' })).status, 200);
  });

  it('leaves headers out, also those of HTTP itself', async () => {
    for (const name of ['Docker-Content-Digest', 'Content-Length', 'Date']) {
      server.faults.add({ fault: { kind: 'omit-header', name } });
    }
    const { answer, bytes } = await readRaw();
    const left = ['docker-content-digest', 'content-length', 'date'].filter((name) => name in answer.headers);
    assert.deepEqual(left, []);
    assert.equal(digestOf(bytes), image.digest);
  });

  it('sends bytes that differ from their digest under headers that are right', async () => {
    server.faults.add({ fault: { kind: 'corrupt-body' } });
    const { answer, bytes } = await readRaw();
    assert.equal(answer.headers['docker-content-digest'], image.digest);
    assert.equal(bytes.length, image.size);
    assert.notEqual(digestOf(bytes), image.digest);
  });

  it('cuts the body off', async () => {
    server.faults.add({ fault: { kind: 'cut-body', afterBytes: 10 } });
    const { answer, bytes, isWhole } = await readRaw();
    assert.deepEqual(
      [answer.headers['content-length'], bytes.length, isWhole],
      [String(image.size), 10, false],
    );
  });

  it('drips the body, and all of it arrives', async () => {
    server.faults.add({ fault: { kind: 'drip', chunkBytes: 50, intervalMs: 1 } });
    const { bytes, isWhole } = await readRaw();
    assert.deepEqual([digestOf(bytes), isWhole], [image.digest, true]);
  });

  it('stops in the middle of the body and keeps the connection open until the client leaves', async () => {
    const response = await askWith({ kind: 'stall', afterBytes: 10 });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    assert.equal(first?.value?.length, 10);
    await reader?.cancel();
  });

  it('sends a body without end until the client leaves', async () => {
    const response = await askWith({ kind: 'endless-body' });
    let received = 0;
    for await (const piece of response.body ?? []) {
      received += (piece as Uint8Array).length;
      if (received > 5_000_000) break;
    }
    assert.equal(response.headers.get('content-length'), null);
    assert.ok(received > 5_000_000);
  });

  it('sends a gzip bomb that is small on the wire', async () => {
    server.faults.add({ fault: { kind: 'gzip-bomb', unpackedBytes: 20 * 1024 * 1024 } });
    const { answer, bytes } = await readRaw();
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.ok(bytes.length < 100_000);
    assert.equal(gunzipSync(bytes).length, 20 * 1024 * 1024);
  });

  it('breaks the connection before any answer', async () => {
    await assert.rejects(askWith({ kind: 'close' }));
  });

  it('answers late, and lets others pass meanwhile', async () => {
    server.requests.clear();
    server.faults.add({ match: { endpoint: 'manifest' }, fault: { kind: 'delay', delayMs: 3_600_000 } });
    const leaving = new AbortController();
    const late = ask({ signal: leaving.signal });
    // Every ping is answered after the request before it has been looked at.
    const ping = async () => (await fetch(`${server.url}/v2/`)).text();
    while (server.requests.count({ path: 'manifests' }) === 0) await ping();
    await ping();
    assert.equal(server.requests.list({ path: 'manifests' })[0]?.status, undefined);
    leaving.abort();
    await assert.rejects(late, { name: 'AbortError' });
  });

  it('sends a header as huge as it is told to', async () => {
    const response = await askWith({ kind: 'huge-header', bytes: 4000 });
    assert.equal(response.headers.get('x-padding')?.length, 4000);
    server.faults.clear();
    await assert.rejects(askWith({ kind: 'huge-header', bytes: 1_000_000 }));
  });

  it('counts manifest GETs against a quota, and no HEADs, as Docker Hub does', async () => {
    const retryAfter = { form: 'seconds', seconds: 60 } as const;
    server.faults.add({ fault: { kind: 'quota', limit: 2, windowSeconds: 21_600, retryAfter } });
    const answers = [];
    for (const method of ['HEAD', 'GET', 'GET', 'HEAD', 'GET']) {
      const { status, headers } = await ask({ method });
      answers.push([status, headers.get('ratelimit-remaining'), headers.get('retry-after')]);
    }
    assert.deepEqual(answers, [
      [200, '2;w=21600', null],
      [200, '1;w=21600', null],
      [200, '0;w=21600', null],
      [200, '0;w=21600', null],
      [429, '0;w=21600', '60'],
    ]);
  });
});
