import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRepository } from '../../reference/repository.ts';
import { RegistryConfigurationError } from './errors.ts';
import { findPullSecretEntries, type PullSecret, readPullSecret } from './pull-secret.ts';

function secretOf(keys: readonly string[]): PullSecret {
  const auths = Object.fromEntries(keys.map((key) => [key, { username: 'u', password: 'p' }]));
  return { name: 'ns/s', type: 'kubernetes.io/dockerconfigjson', data: JSON.stringify({ auths }) };
}

describe('pull secrets', () => {
  const cases: readonly { name: string; keys: readonly string[]; repository: string; expected: string[] }[] =
    [
      { name: 'match their host', keys: ['ghcr.io'], repository: 'ghcr.io/a', expected: ['ghcr.io/'] },
      {
        name: 'match one part of a host by a star',
        keys: ['*.example.com'],
        repository: 'a.example.com/x',
        expected: ['*.example.com/'],
      },
      {
        name: 'match a piece of a part by a star',
        keys: ['reg-*-eu.example.com', 'reg*.example.com', '*eu.example.com', 'r*x*.example.com'],
        repository: 'reg-1-eu.example.com/x',
        expected: ['reg-*-eu.example.com/', 'reg*.example.com/', '*eu.example.com/'],
      },
      {
        name: 'do not match two parts by a star',
        keys: ['*.example.com'],
        repository: 'a.b.example.com/x',
        expected: [],
      },
      {
        name: 'do not match the domain by a star',
        keys: ['*.example.com'],
        repository: 'example.com/x',
        expected: [],
      },
      { name: 'do not match a longer host', keys: ['*.io'], repository: 'ghcr.io.evil.test/x', expected: [] },
      {
        name: 'want the same port',
        keys: ['*.example.com'],
        repository: 'a.example.com:5000/x',
        expected: [],
      },
      {
        name: 'match a star with a port',
        keys: ['*.example.com:5000'],
        repository: 'a.example.com:5000/x',
        expected: ['*.example.com:5000/'],
      },
      {
        name: 'are tried from the most specific, plain hosts before globs',
        keys: ['*.example.com', 'a.example.com', 'a.example.com/team/app', 'a.example.com/team'],
        repository: 'a.example.com/team/app',
        expected: ['a.example.com/team/app', 'a.example.com/team', 'a.example.com/', '*.example.com/'],
      },
      {
        name: 'take a path as a plain prefix, as the kubelet does',
        keys: ['r.example/team'],
        repository: 'r.example/team-b/app',
        expected: ['r.example/team'],
      },
      {
        name: 'take a path with a slash at its end as whole components',
        keys: ['r.example/team/'],
        repository: 'r.example/team-b/app',
        expected: [],
      },
      {
        name: 'take v2 before a path for the version of the API',
        keys: ['r.example/v2/team'],
        repository: 'r.example/team/app',
        expected: ['r.example/team'],
      },
      {
        name: 'know Docker Hub by its old address',
        keys: ['https://index.docker.io/v1/'],
        repository: 'nginx',
        expected: ['docker.io/'],
      },
    ];
  for (const { name, keys, repository, expected } of cases) {
    it(name, () => {
      const found = findPullSecretEntries(readPullSecret(secretOf(keys)), parseRepository(repository));
      assert.deepEqual(
        found.map((entry) => `${entry.host}/${entry.path}`),
        expected,
      );
    });
  }

  it('may be base64, as the API gives them', () => {
    const secret = secretOf(['ghcr.io']);
    const encoded = Buffer.from(secret.data).toString('base64');
    assert.deepEqual(readPullSecret({ ...secret, data: encoded }), readPullSecret(secret));
  });

  it('may be of the legacy kind', () => {
    const data = JSON.stringify({ 'quay.io': { username: 'u', password: 'p' } });
    const entries = readPullSecret({ name: 'ns/s', type: 'kubernetes.io/dockercfg', data });
    assert.deepEqual(
      entries.map((entry) => entry.host),
      ['quay.io'],
    );
  });

  it('that are neither JSON nor base64 are refused by name', () => {
    const secret: PullSecret = { ...secretOf([]), data: 'not base64!' };
    assert.throws(
      () => readPullSecret(secret),
      (error) => error instanceof RegistryConfigurationError && error.message.startsWith('secret ns/s '),
    );
  });

  it('with a glob of many stars are matched at once', () => {
    const secret = secretOf([`${'*a'.repeat(500)}b.example.com`]);
    const host = `${'a'.repeat(63)}.example.com/x`;
    assert.deepEqual(findPullSecretEntries(readPullSecret(secret), parseRepository(host)), []);
  });
});
