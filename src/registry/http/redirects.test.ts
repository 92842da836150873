import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { registryLimits } from '../limits.ts';
import type { AddressRank } from './address.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { withRedirects } from './redirects.ts';

const start = 'https://registry.example.com/v2/app/blobs/x';

/** A `Send` that redirects along these places, and the requests it got. */
function chain(locations: readonly (string | undefined)[], rank: AddressRank = 0) {
  const requests: HttpRequest[] = [];
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const location = locations[requests.length];
    const isLast = requests.length >= locations.length;
    requests.push(request);
    return {
      status: isLast ? 200 : 307,
      headers: location === undefined ? {} : { location },
      body: { discard: () => undefined, async *[Symbol.asyncIterator]() {} },
      url: request.url,
      addressRank: rank,
    };
  };
  return { requests, send };
}

function request(url = start, method: HttpRequest['method'] = 'GET'): HttpRequest {
  return {
    method,
    url: new URL(url),
    headers: { authorization: 'Bearer secret', accept: 'x', range: 'bytes=1-' },
    tls: { ca: ['CA'], certificate: 'CERT', key: 'KEY', skipVerify: true },
    about: 'registry.example.com/app',
  };
}

describe('withRedirects', () => {
  it('shows the credential again on the same origin', async () => {
    const { requests, send } = chain(['/elsewhere']);
    await withRedirects(send, registryLimits, false)(request());
    assert.equal(requests[1]?.url.href, 'https://registry.example.com/elsewhere');
    assert.equal(requests[1]?.headers?.['authorization'], 'Bearer secret');
  });

  for (const [name, location] of [
    ['another host', 'https://storage.example.com/x?sig=1'],
    ['another port', 'https://registry.example.com:8443/x'],
  ] as const) {
    it(`shows neither credential nor client certificate to ${name}`, async () => {
      const { requests, send } = chain([location]);
      await withRedirects(send, registryLimits, false)(request());
      assert.deepEqual(requests[1]?.headers, { accept: 'x', range: 'bytes=1-' });
      assert.deepEqual(requests[1]?.tls, { ca: ['CA'] });
    });
  }

  it('does not show it again to the first host, once it was left', async () => {
    const { requests, send } = chain(['https://storage.example.com/x', `${start}?again`]);
    await withRedirects(send, registryLimits, false)(request());
    assert.equal(requests[2]?.headers?.['authorization'], undefined);
  });

  it('never sends a password that stands in a location', async () => {
    const { requests, send } = chain(['https://user:hunter2@storage.example.com/x']);
    await withRedirects(send, registryLimits, false)(request());
    assert.equal(requests[1]?.url.href, 'https://storage.example.com/x');
  });

  it('lets a host send us only as far inside as it is itself', async () => {
    const { requests, send } = chain(['https://storage.example.com/x'], 1);
    await withRedirects(send, registryLimits, false)(request());
    assert.equal(requests[1]?.addressRankMax, 1);
  });

  it('lets it send us anywhere where the user allows it', async () => {
    const { requests, send } = chain(['https://storage.example.com/x']);
    await withRedirects(send, registryLimits, true)(request());
    assert.equal(requests[1]?.addressRankMax, undefined);
  });

  it('gives the redirect of an upload to the caller', async () => {
    const { requests, send } = chain(['https://storage.example.com/x']);
    const response = await withRedirects(send, registryLimits, false)(request(start, 'PUT'));
    assert.equal(response.status, 307);
    assert.equal(requests.length, 1);
  });

  const refused: readonly { name: string; locations: readonly (string | undefined)[]; says: RegExp }[] = [
    {
      name: 'from TLS to plain HTTP',
      locations: ['http://storage.example.com/x'],
      says: /from TLS to plain HTTP/,
    },
    { name: 'to a file', locations: ['file:///etc/passwd'], says: /which is not HTTP/ },
    { name: 'to itself', locations: [start], says: /in a circle/ },
    { name: 'in a circle of two', locations: ['/a', start], says: /in a circle/ },
    { name: 'to nowhere', locations: [undefined], says: /without saying where/ },
    { name: 'to nonsense', locations: ['https://['], says: /without saying where/ },
    {
      name: 'without end',
      locations: Array.from({ length: 20 }, (_, number) => `/${number}`),
      says: /more than 10 times/,
    },
  ];
  for (const { name, locations, says } of refused) {
    it(`refuses to be sent ${name}`, async () => {
      const { requests, send } = chain(locations);
      const sent = withRedirects(send, registryLimits, false)(request());
      await assert.rejects(sent, { code: 'REDIRECT_REFUSED', message: says });
      assert.ok(requests.length <= 11);
    });
  }
});
