import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReferenceError } from './errors.ts';
import { parseRepository, repositoryName, tryParseRepository } from './repository.ts';

describe('a repository', () => {
  const cases: readonly { given: string; expected: string }[] = [
    { given: 'nginx', expected: 'docker.io/library/nginx' },
    { given: 'index.docker.io/org/app', expected: 'docker.io/org/app' },
    { given: 'localhost:5000/app', expected: 'localhost:5000/app' },
    { given: '[::1]:5000/a/b', expected: '[::1]:5000/a/b' },
  ];
  for (const { given, expected } of cases) {
    it(`${given} is ${expected}`, () => assert.equal(repositoryName(parseRepository(given)), expected));
  }

  for (const given of [
    '',
    '/',
    'app:tag',
    'host:5000',
    'a.b/',
    'a.b/C',
    'a.b/../c',
    'a.b/c?d',
    'a.b/c#d',
    'a.b/%2e',
  ]) {
    it(`is never ${JSON.stringify(given)}`, () => {
      assert.equal(tryParseRepository(given), undefined);
      assert.throws(
        () => parseRepository(given),
        (error) => error instanceof ReferenceError && error.code === 'REPOSITORY_INVALID',
      );
    });
  }
});
