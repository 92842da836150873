import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RegistryConfigurationError } from './errors.ts';
import { type Environment, proxyFor } from './proxy.ts';

type Case = { name: string; url: string; env: Environment; expected: string | undefined };

const proxy = 'http://proxy:3128/';

function exempt(name: string, noProxy: string, url: string, expected: boolean): Case {
  const env = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: noProxy };
  return { name, url, env, expected: expected ? undefined : proxy };
}

const cases: readonly Case[] = [
  { name: 'goes directly where nothing is set', url: 'https://ghcr.io/v2/', env: {}, expected: undefined },
  {
    name: 'takes HTTPS_PROXY for https only',
    url: 'http://ghcr.io/v2/',
    env: { HTTPS_PROXY: proxy },
    expected: undefined,
  },
  {
    name: 'takes HTTP_PROXY for http only',
    url: 'https://ghcr.io/v2/',
    env: { HTTP_PROXY: proxy },
    expected: undefined,
  },
  { name: 'reads lower case', url: 'https://ghcr.io/', env: { https_proxy: proxy }, expected: proxy },
  {
    name: 'prefers upper case',
    url: 'https://ghcr.io/',
    env: { https_proxy: 'http://other:1', HTTPS_PROXY: proxy },
    expected: proxy,
  },
  {
    name: 'takes an empty value as unset',
    url: 'https://ghcr.io/',
    env: { HTTPS_PROXY: '', https_proxy: proxy },
    expected: proxy,
  },
  {
    name: 'falls back to ALL_PROXY',
    url: 'https://ghcr.io/',
    env: { ALL_PROXY: 'socks5://proxy:1080' },
    expected: 'socks5://proxy:1080',
  },
  {
    name: 'prefers the own variable to ALL_PROXY',
    url: 'http://ghcr.io/',
    env: { all_proxy: 'http://other:1', http_proxy: proxy },
    expected: proxy,
  },
  {
    name: 'takes a value without scheme as an HTTP proxy',
    url: 'https://ghcr.io/',
    env: { HTTPS_PROXY: 'proxy:3128' },
    expected: proxy,
  },
  {
    name: 'takes a bare address as an HTTP proxy',
    url: 'https://ghcr.io/',
    env: { HTTPS_PROXY: '10.0.0.1:3128' },
    expected: 'http://10.0.0.1:3128/',
  },
  {
    name: 'keeps user and password of the proxy',
    url: 'https://ghcr.io/',
    env: { HTTPS_PROXY: 'http://u:p@proxy:3128' },
    expected: 'http://u:p@proxy:3128/',
  },
  exempt('never proxies localhost', '', 'http://localhost:5000/', true),
  exempt('never proxies 127.0.0.0/8', '', 'http://127.8.8.8:5000/', true),
  exempt('never proxies ::1', '', 'http://[::1]:5000/', true),
  exempt('never proxies an IPv4 loopback written as IPv6', '', 'http://[::ffff:127.0.0.1]/', true),
  exempt('proxies a name that only begins with localhost', '', 'http://localhost.example.com/', false),
  exempt('exempts everything with *', 'a.example,*', 'https://ghcr.io/', true),
  exempt('exempts a domain itself', 'example.com', 'https://example.com/', true),
  exempt('exempts what is below a domain', 'example.com', 'https://a.b.example.com/', true),
  exempt('does not match by substring', 'example.com', 'https://notexample.com/', false),
  exempt('does not match a longer name', 'example.com', 'https://example.com.evil.test/', false),
  exempt('exempts below a leading dot', '.example.com', 'https://a.example.com/', true),
  exempt('does not exempt the domain of a leading dot', '.example.com', 'https://example.com/', false),
  exempt('exempts below *.', '*.example.com', 'https://a.example.com/', true),
  exempt('does not exempt the domain of *.', '*.example.com', 'https://example.com/', false),
  exempt('ignores case and space', ' Example.COM , b', 'https://EXAMPLE.com/', true),
  exempt('matches a port', 'example.com:5000', 'https://example.com:5000/', true),
  exempt('does not match another port', 'example.com:5000', 'https://example.com:5001/', false),
  exempt('knows the port of https', 'example.com:443', 'https://example.com/', true),
  exempt('knows the port of http', 'example.com:443', 'http://example.com/', false),
  exempt('matches an address', '10.0.0.1', 'https://10.0.0.1/', true),
  exempt('matches an address with port', '10.0.0.1:8443', 'https://10.0.0.1:8443/', true),
  exempt('does not match an address on another port', '10.0.0.1:8443', 'https://10.0.0.1/', false),
  exempt('matches an IPv6 address', 'fd00::1', 'https://[fd00:0:0::1]/', true),
  exempt('matches an IPv6 address with port', '[fd00::1]:5000', 'https://[fd00::1]:5000/', true),
  exempt('ignores a bracketed address without port, as Go does', '[fd00::1]', 'https://[fd00::1]/', false),
  exempt('matches a network', '10.0.0.0/8', 'https://10.200.3.4/', true),
  exempt('does not match outside a network', '10.0.0.0/8', 'https://11.0.0.1/', false),
  exempt('matches an IPv6 network', 'fd00::/8', 'https://[fd12::1]/', true),
  exempt('does not find an IPv4 address in an IPv6 network', '::/0', 'https://10.0.0.1/', false),
  exempt('never matches a name by a network', '0.0.0.0/0', 'https://example.com/', false),
  exempt('never matches an address as if it were a domain', '0.0.1', 'https://10.0.0.1/', false),
  exempt('ignores a network that is none', '10.0.0.0/33', 'https://10.0.0.1/', false),
  exempt('ignores an entry without host', ':5000,', 'https://example.com:5000/', false),
  exempt('matches a name in another script', 'bücher.example', 'https://bücher.example/', true),
];

describe('proxyFor', () => {
  for (const { name, url, env, expected } of cases) {
    it(name, () => {
      assert.equal(proxyFor(new URL(url), env)?.href, expected);
    });
  }

  it('refuses a value that is no URL, and does not show it', () => {
    assert.throws(
      () => proxyFor(new URL('https://ghcr.io/'), { HTTPS_PROXY: 'http://u:hunter2@pro xy:99999' }),
      (error) =>
        error instanceof RegistryConfigurationError &&
        error.code === 'PROXY_INVALID' &&
        error.message.includes('HTTPS_PROXY') &&
        !`${error.message} ${error.hint}`.includes('hunter2'),
    );
  });

  it('refuses HTTP_PROXY under a CGI server, where a request can set it', () => {
    assert.throws(
      () => proxyFor(new URL('http://ghcr.io/'), { HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' }),
      /not used under a CGI server/,
    );
  });

  it('answers for any NO_PROXY whatever', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.webUrl(), (noProxy, url) => {
        const found = proxyFor(new URL(url), { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: noProxy });
        assert.ok(found === undefined || found.href === proxy);
      }),
      { numRuns: 500 },
    );
  });
});
