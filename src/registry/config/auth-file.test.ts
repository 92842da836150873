import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseRepository } from '../../reference/repository.ts';
import type { Credential } from '../credential.ts';
import { readAuthEntry } from './auth-entry.ts';
import { findEntries, parseAuthFile, parseLegacyAuthFile } from './auth-file.ts';
import { RegistryConfigurationError } from './errors.ts';
import { scopesOf } from './registry-host.ts';

function basic(username: string, password = 'p'): Credential {
  return { kind: 'basic', username, password };
}

function login(username: string, password = 'p'): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}

/** The users of all entries found for a repository, in order. */
function usersFor(auths: Record<string, unknown>, repository: string): string[] {
  const file = parseAuthFile(JSON.stringify({ auths }), 'config.json');
  return findEntries(file, parseRepository(repository)).flatMap((entry) => {
    const credential = readAuthEntry(entry);
    return credential?.kind === 'basic' ? [credential.username] : [];
  });
}

describe('entries of a config.json or auth.json', () => {
  const cases: readonly { name: string; keys: readonly string[]; repository: string; expected: string[] }[] =
    [
      { name: 'match their host', keys: ['ghcr.io'], repository: 'ghcr.io/a/b', expected: ['ghcr.io'] },
      {
        name: 'are ordered from the longest path to the host',
        keys: ['r.example', 'r.example/a/b/c', 'r.example/a', 'r.example/a/b'],
        repository: 'r.example/a/b/c',
        expected: ['r.example/a/b/c', 'r.example/a/b', 'r.example/a', 'r.example'],
      },
      {
        name: 'match whole path components',
        keys: ['r.example/a/b'],
        repository: 'r.example/a/bc',
        expected: [],
      },
      {
        name: 'never match a host by prefix',
        keys: ['ghcr.io'],
        repository: 'ghcr.io.evil.test/a',
        expected: [],
      },
      { name: 'never match a host by suffix', keys: ['ghcr.io'], repository: 'evil-ghcr.io/a', expected: [] },
      {
        name: 'never match a parent domain',
        keys: ['example.com'],
        repository: 'a.example.com/a',
        expected: [],
      },
      { name: 'match a port exactly', keys: ['r.example'], repository: 'r.example:5000/a', expected: [] },
      {
        name: 'match a host with its port',
        keys: ['r.example:5000'],
        repository: 'r.example:5000/a',
        expected: ['r.example:5000'],
      },
      { name: 'take no glob', keys: ['*.example.com'], repository: 'a.example.com/a', expected: [] },
      { name: 'ignore case in hosts', keys: ['GHCR.io'], repository: 'ghcr.IO/a', expected: ['GHCR.io'] },
      {
        name: 'know Docker Hub by every name, the plain one first',
        keys: ['https://index.docker.io/v1/', 'registry-1.docker.io', 'docker.io', 'index.docker.io'],
        repository: 'nginx',
        expected: ['docker.io', 'https://index.docker.io/v1/', 'registry-1.docker.io', 'index.docker.io'],
      },
      {
        name: 'may be scoped to a path of Docker Hub',
        keys: ['docker.io', 'docker.io/library'],
        repository: 'nginx',
        expected: ['docker.io/library', 'docker.io'],
      },
      {
        name: 'take a URL as its host',
        keys: ['https://quay.io/v2/', 'http://quay.io'],
        repository: 'quay.io/a/b',
        expected: ['https://quay.io/v2/', 'http://quay.io'],
      },
      {
        name: 'keep a path in a URL',
        keys: ['https://quay.io/org'],
        repository: 'quay.io/org/b',
        expected: ['https://quay.io/org'],
      },
      {
        name: 'take v1 without a scheme as a namespace',
        keys: ['r.example/v1'],
        repository: 'r.example/v1/app',
        expected: ['r.example/v1'],
      },
      {
        name: 'match an IPv6 host',
        keys: ['[::1]:5000'],
        repository: '[::1]:5000/a',
        expected: ['[::1]:5000'],
      },
    ];
  for (const { name, keys, repository, expected } of cases) {
    it(name, () => {
      const auths = Object.fromEntries(keys.map((key) => [key, { username: key, password: 'p' }]));
      assert.deepEqual(usersFor(auths, repository), expected);
    });
  }

  it('are found by the longest prefix of whole components, whatever the entries are', () => {
    const component = fc.constantFrom('a', 'b', 'ab', 'lib');
    const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const host = fc.constantFrom('r.example', 'r.example:5000', 'example', 'a.r.example', 'localhost');
    fc.assert(
      fc.property(fc.array(fc.tuple(host, path)), host, path, (keys, wantedHost, wantedPath) => {
        const names = [...new Set(keys.map(([keyHost, keyPath]) => `${keyHost}/${keyPath}`))];
        const auths = Object.fromEntries(names.map((key) => [key, { username: key, password: 'p' }]));
        const registry = { registry: wantedHost, path: wantedPath };
        const found = findEntries(parseAuthFile(JSON.stringify({ auths }), 'f'), registry);
        const expected = names
          .filter((key) => `${wantedHost}/${wantedPath}/`.startsWith(`${key}/`))
          .sort((one, other) => other.length - one.length);
        assert.deepEqual(
          found.map((entry) => `${entry.host}/${entry.path}`),
          expected,
        );
        assert.ok(found.every((entry) => scopesOf(registry).includes(`${entry.host}/${entry.path}`)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('an entry', () => {
  const cases: readonly { name: string; value: unknown; expected: Credential | undefined }[] = [
    {
      name: 'holds user and password as base64',
      value: login('me', 'secret'),
      expected: basic('me', 'secret'),
    },
    { name: 'keeps colons in the password', value: login('me', 'a:b:c'), expected: basic('me', 'a:b:c') },
    {
      name: 'may be base64 without padding',
      value: { auth: Buffer.from('me:pass').toString('base64').replace(/=+$/, '') },
      expected: basic('me', 'pass'),
    },
    {
      name: 'may be base64 broken into lines',
      value: { auth: `${Buffer.from('me:p').toString('base64')}\n` },
      expected: basic('me'),
    },
    {
      name: 'loses the NUL bytes old Docker padded with',
      value: login('me', 'p\0\0'),
      expected: basic('me'),
    },
    { name: 'may have an empty user', value: login('', 'p'), expected: basic('') },
    {
      name: 'may spell user and password out',
      value: { username: 'u', password: 'p' },
      expected: basic('u'),
    },
    {
      name: 'takes auth before username',
      value: { ...login('auth'), username: 'field', password: 'p' },
      expected: basic('auth'),
    },
    {
      name: 'takes an identity token before auth',
      value: { ...login('me'), identitytoken: 'it' },
      expected: { kind: 'identity-token', token: 'it' },
    },
    {
      name: 'takes a registry token before all',
      value: { ...login('me'), identitytoken: 'it', registrytoken: 'rt' },
      expected: { kind: 'registry-token', token: 'rt' },
    },
    { name: 'may be empty, for the store to fill', value: {}, expected: undefined },
    { name: 'may be null', value: null, expected: undefined },
    { name: 'may hold empty strings', value: { auth: '', identitytoken: '' }, expected: undefined },
    { name: 'may hold what we do not know', value: { ...login('me'), email: 'a@b' }, expected: basic('me') },
  ];
  for (const { name, value, expected } of cases) {
    it(name, () => {
      assert.deepEqual(readAuthEntry({ place: 'f', host: 'h', path: '', value }), expected);
    });
  }

  const broken: readonly { name: string; value: unknown; message: string }[] = [
    { name: 'is refused as a string', value: 'secret', message: 'f must be an object' },
    { name: 'is refused as a list', value: ['secret'], message: 'f must be an object' },
    { name: 'refuses auth as a number', value: { auth: 1234 }, message: 'f.auth must be a string' },
    { name: 'refuses auth that is not base64', value: { auth: '***' }, message: 'f.auth is not base64' },
    { name: 'refuses auth that was cut', value: { auth: 'bWU6c' }, message: 'f.auth is not base64' },
    { name: 'refuses auth that is not text', value: { auth: '/////w==' }, message: 'f.auth is not base64' },
    { name: 'refuses auth without colon', value: { auth: 'c2VjcmV0' }, message: 'f.auth holds no colon' },
    {
      name: 'refuses a password that is a list',
      value: { username: 'u', password: ['secret'] },
      message: 'f.password',
    },
    {
      name: 'refuses a token with a line break',
      value: { registrytoken: 'sec\nret' },
      message: 'f.registrytoken',
    },
  ];
  for (const { name, value, message } of broken) {
    it(name, () => {
      assert.throws(
        () => readAuthEntry({ place: 'f', host: 'h', path: '', value }),
        (error) => error instanceof RegistryConfigurationError && error.message.startsWith(message),
      );
    });
  }
});

describe('a file of credentials', () => {
  const broken: readonly { name: string; text: string; message: RegExp }[] = [
    { name: 'cut in the middle', text: '{"auths":\n {"ghcr.io": {"au', message: /^f is not JSON/ },
    {
      name: 'with a comma too many',
      text: '{\n"auths": {},\n}',
      message: /^f is not JSON at line 3 column 1$/,
    },
    { name: 'that is a list', text: '[]', message: /^f must be an object$/ },
    { name: 'that is a string', text: '"secret"', message: /^f must be an object$/ },
    { name: 'whose auths is a list', text: '{"auths":[]}', message: /^f: auths must be an object$/ },
    {
      name: 'whose store is a path',
      text: '{"credsStore":"../x"}',
      message: /^f: credsStore must be the name/,
    },
    {
      name: 'whose helper is a command line',
      text: '{"credHelpers":{"ghcr.io":"x; rm -rf /"}}',
      message: /^f: credHelpers\["ghcr.io"\] must be the name/,
    },
  ];
  for (const { name, text, message } of broken) {
    it(`is refused ${name}`, () => {
      assert.throws(
        () => parseAuthFile(text, 'f'),
        (error) => error instanceof RegistryConfigurationError && message.test(error.message),
      );
    });
  }

  it('may be empty, as an interrupted login leaves it', () => {
    assert.deepEqual(parseAuthFile(' \n', 'f').entries, []);
  });

  it('names helpers by host', () => {
    const file = parseAuthFile('{"credsStore":"desktop","credHelpers":{"https://GCR.io/":"gcr"}}', 'f');
    assert.deepEqual([...file.helpers, file.store], [['gcr.io', 'gcr'], 'desktop']);
  });

  it('of the legacy kind has its entries at the top', () => {
    const file = parseLegacyAuthFile(JSON.stringify({ 'https://quay.io/v1/': login('me') }), 'f');
    assert.deepEqual(
      file.entries.map((entry) => [entry.host, entry.path]),
      [['quay.io', '']],
    );
  });

  it('does not show what stands before an @ in a key', () => {
    assert.throws(
      () => {
        const file = parseAuthFile('{"auths":{"me:hunter2@ghcr.io":1}}', 'f');
        return file.entries.map(readAuthEntry);
      },
      (error) => error instanceof Error && !error.message.includes('hunter2'),
    );
  });
});
