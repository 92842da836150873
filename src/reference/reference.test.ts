import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDigest } from './digest.ts';
import { ReferenceError } from './errors.ts';
import {
  effectiveTag,
  normalizedReference,
  parseReference,
  sayOf,
  tryParseReference,
  withDigest,
  withoutDigest,
} from './reference.ts';
import { repositoryName } from './repository.ts';

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const sha512 = `sha512:${'0123456789abcdef'.repeat(8)}`;

describe('a reference', () => {
  /** What it names in full, and the name as it was written. */
  const cases: readonly { name: string; given: string; expected: string; written?: string }[] = [
    { name: 'without registry is of Docker Hub', given: 'nginx', expected: 'docker.io/library/nginx:latest' },
    {
      name: 'keeps its tag',
      given: 'nginx:1.27',
      expected: 'docker.io/library/nginx:1.27',
      written: 'nginx',
    },
    { name: 'with a slash is no official image', given: 'org/app', expected: 'docker.io/org/app:latest' },
    { name: 'may say docker.io', given: 'docker.io/nginx', expected: 'docker.io/library/nginx:latest' },
    {
      name: 'may say index.docker.io',
      given: 'index.docker.io/nginx',
      expected: 'docker.io/library/nginx:latest',
    },
    {
      name: 'may say registry-1.docker.io',
      given: 'registry-1.docker.io/org/app:1',
      expected: 'docker.io/org/app:1',
    },
    { name: 'has a host with a dot', given: 'ghcr.io/org/app:v1', expected: 'ghcr.io/org/app:v1' },
    { name: 'has a host with a port', given: 'host:5000/app', expected: 'host:5000/app:latest' },
    {
      name: 'has a host and tag, both with a colon',
      given: 'host:5000/app:5000',
      expected: 'host:5000/app:5000',
    },
    { name: 'has localhost as a host', given: 'localhost/app', expected: 'localhost/app:latest' },
    { name: 'has a host in upper case', given: 'HOST/app', expected: 'HOST/app:latest' },
    { name: 'keeps the case of a host', given: 'GHCR.io/org/app', expected: 'GHCR.io/org/app:latest' },
    { name: 'has no host in lower case alone', given: 'host/app', expected: 'docker.io/host/app:latest' },
    { name: 'has an IPv4 host', given: '10.0.0.1/app:1', expected: '10.0.0.1/app:1' },
    { name: 'has an IPv6 host', given: '[fd00::1]/app:1', expected: '[fd00::1]/app:1' },
    { name: 'has an IPv6 host with port', given: '[::1]:5000/app', expected: '[::1]:5000/app:latest' },
    {
      name: 'takes what looks like a port for a tag without a path',
      given: 'localhost:5000',
      expected: 'docker.io/library/localhost:5000',
    },
    {
      name: 'has a port on Docker Hub as on any host',
      given: 'docker.io:443/app',
      expected: 'docker.io:443/app:latest',
    },
    {
      name: 'with a digest has no tag unless written',
      given: `nginx@${sha256}`,
      expected: `docker.io/library/nginx@${sha256}`,
    },
    {
      name: 'keeps tag and digest',
      given: `ghcr.io/org/app:v1@${sha256}`,
      expected: `ghcr.io/org/app:v1@${sha256}`,
    },
    { name: 'has a sha512 digest', given: `app@${sha512}`, expected: `docker.io/library/app@${sha512}` },
    {
      name: 'has a tag of 128 characters',
      given: `app:${'a'.repeat(128)}`,
      expected: `docker.io/library/app:${'a'.repeat(128)}`,
    },
    {
      name: 'has a tag with capitals, dots and dashes',
      given: 'app:_V1.0-RC.1',
      expected: 'docker.io/library/app:_V1.0-RC.1',
    },
    { name: 'has separators in its path', given: 'a.b/c_d/e__f/g--h', expected: 'a.b/c_d/e__f/g--h:latest' },
    {
      name: 'has a path of 255 characters',
      given: `a.b/${'c'.repeat(255)}`,
      expected: `a.b/${'c'.repeat(255)}:latest`,
    },
    {
      name: 'may have 64 hex digits below a registry',
      given: `a.b/${'0'.repeat(64)}`,
      expected: `a.b/${'0'.repeat(64)}:latest`,
    },
    {
      name: 'may have 65 hex digits',
      given: '0'.repeat(65),
      expected: `docker.io/library/${'0'.repeat(65)}:latest`,
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const reference = parseReference(given);
      assert.equal(normalizedReference(reference), expected);
      assert.equal(reference.original, given);
      assert.ok(given.startsWith(reference.name));
    });
  }

  const refused: readonly { name: string; given: string; hint: RegExp }[] = [
    { name: 'that is empty', given: '', hint: /variable not set/ },
    { name: 'with space around it', given: ' nginx', hint: /remove the space/ },
    { name: 'with a line break', given: 'nginx\n', hint: /remove the space/ },
    { name: 'with a scheme', given: 'https://ghcr.io/org/app', hint: /without the scheme/ },
    { name: 'with a placeholder', given: 'ghcr.io/org/app:${TAG}', hint: /render the template/ },
    { name: 'with a template', given: '{{ .Values.image }}', hint: /render the template/ },
    { name: 'in upper case', given: 'Nginx', hint: /must be lower case/ },
    { name: 'with a path in upper case', given: 'ghcr.io/Org/app:v1', hint: /must be lower case/ },
    { name: 'whose tag alone is wrong, in capitals', given: 'ghcr.io/org/app:-A', hint: /^write \[HOST/ },
    { name: 'that is the ID of an image', given: 'a'.repeat(64), hint: /ID of an image/ },
    { name: 'with a tag of 129 characters', given: `app:${'a'.repeat(129)}`, hint: /^write \[HOST/ },
    { name: 'with an empty tag', given: 'app:', hint: /^write \[HOST/ },
    { name: 'with an empty digest', given: 'app@', hint: /64 lower-case hex digits/ },
    { name: 'with a short digest', given: 'app@sha256:abc', hint: /64 lower-case hex digits/ },
    { name: 'with a digest in upper case', given: `app@sha256:${'A'.repeat(64)}`, hint: /64 lower-case/ },
    { name: 'with an unregistered algorithm', given: `app@md5:${'a'.repeat(32)}`, hint: /sha256: and 64/ },
    { name: 'with two digests', given: `app@${sha256}@${sha256}`, hint: /64 lower-case/ },
    { name: 'with a tag behind the digest', given: `app@${sha256}:v1`, hint: /64 lower-case/ },
    { name: 'with a slash at the end', given: 'org/', hint: /^write \[HOST/ },
    { name: 'with a slash at the beginning', given: '/org', hint: /^write \[HOST/ },
    { name: 'with two slashes', given: 'org//app', hint: /^write \[HOST/ },
    { name: 'with three underscores', given: 'org/a___b', hint: /^write \[HOST/ },
    { name: 'with a dash at the end', given: 'org/app-', hint: /^write \[HOST/ },
    { name: 'with an underscore in the host', given: 'my_host.example/app', hint: /^write \[HOST/ },
    { name: 'with a port that is none', given: 'host.example:x/app', hint: /^write \[HOST/ },
    { name: 'with a zone in an IPv6 host', given: '[fe80::1%eth0]/app', hint: /^write \[HOST/ },
    { name: 'with a path of 256 characters', given: `a.b/${'c'.repeat(256)}`, hint: /^write \[HOST/ },
    { name: 'that is no ASCII', given: 'ghcr.io/örg/app', hint: /^write \[HOST/ },
    { name: 'that is longer than any', given: `a.b/${'c/'.repeat(800)}c`, hint: /at most 1024 characters/ },
  ];
  for (const { name, given, hint } of refused) {
    it(`is refused ${name}`, () => {
      assert.equal(tryParseReference(given), undefined);
      assert.throws(
        () => parseReference(given),
        (error) =>
          error instanceof ReferenceError &&
          error.code === 'REFERENCE_INVALID' &&
          hint.test(error.hint ?? ''),
      );
    });
  }

  it('means latest without tag and digest, and no tag with a digest', () => {
    assert.equal(effectiveTag(parseReference('nginx')), 'latest');
    assert.equal(effectiveTag(parseReference(`nginx@${sha256}`)), undefined);
    assert.equal(effectiveTag(parseReference(`nginx:1@${sha256}`)), '1');
  });

  it('takes a digest, and gives it back, in the spelling of the user', () => {
    for (const written of ['nginx', 'nginx:1.27', 'docker.io/nginx:1.27', 'GHCR.io/org/app']) {
      const pinned = withDigest(parseReference(written), parseDigest(sha256));
      assert.equal(pinned.original, `${written}@${sha256}`);
      assert.deepEqual(parseReference(pinned.original), pinned);
      assert.deepEqual(withoutDigest(pinned), parseReference(written));
    }
  });
});

describe('any reference', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const component = fc
    .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '--'), word), { maxLength: 2 }))
    .map(([first, rest]) => first + rest.flat().join(''));
  // The first component has no dot: with one it would be a host.
  const path = fc
    .tuple(word, fc.array(component, { maxLength: 3 }))
    .map(([first, rest]) => [first, ...rest].join('/'));
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
  const host = fc
    .tuple(
      fc.constantFrom('ghcr.io', 'Registry.Example', 'localhost', '127.0.0.1', '[::1]', 'a-b.c', 'docker.io'),
      port,
    )
    .map(([name, number]) => (number === undefined ? name : `${name}:${number}`));
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
  const digest = fc.constantFrom(sha256, sha512);
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const reference = fc
    .tuple(maybe(host), path, maybe(tag), maybe(digest))
    .map(([registry, name, version, content]) =>
      [
        registry === undefined ? '' : `${registry}/`,
        name,
        version && `:${version}`,
        content && `@${content}`,
      ].join(''),
    );

  it('is read back from its normal form as what it was', () => {
    fc.assert(
      fc.property(reference, (text) => {
        const parsed = parseReference(text);
        const again = parseReference(normalizedReference(parsed));
        assert.deepEqual(again.repository, parsed.repository);
        assert.equal(again.digest, parsed.digest);
        assert.equal(again.tag, effectiveTag(parsed));
        assert.equal(normalizedReference(again), normalizedReference(parsed));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every character that was written', () => {
    fc.assert(
      fc.property(reference, (text) => {
        const parsed = tryParseReference(text);
        if (parsed === undefined) return;
        const rebuilt = [
          parsed.name,
          parsed.tag && `:${parsed.tag}`,
          parsed.digest && `@${parsed.digest}`,
        ].join('');
        assert.equal(rebuilt, text);
      }),
      { numRuns: 500 },
    );
  });

  it('that is accepted names a repository that is accepted by itself', () => {
    fc.assert(
      fc.property(fc.oneof(reference, fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = tryParseReference(text);
        if (parsed === undefined) return;
        assert.deepEqual(parseReference(repositoryName(parsed.repository)).repository, parsed.repository);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a message about a reference', () => {
  const cases: readonly (readonly [written: string, message: string, expected: string])[] = [
    ['nginx:1.27', 'docker.io/library/nginx:1.27: no answer: x', 'nginx:1.27: no answer: x'],
    ['127.0.0.1:1/x', '127.0.0.1:1/x:latest: refused', '127.0.0.1:1/x: refused'],
    [
      `nginx:1@sha256:${'a'.repeat(64)}`,
      `docker.io/library/nginx@sha256:${'a'.repeat(64)}: gone`,
      `nginx:1@sha256:${'a'.repeat(64)}: gone`,
    ],
    ['nginx', 'docker.io/library/nginx: only mirrors', 'nginx: only mirrors'],
    ['nginx', 'docker.io/library/nginx-extra: no', 'nginx: docker.io/library/nginx-extra: no'],
    ['nginx', 'the proxy failed', 'nginx: the proxy failed'],
  ];
  for (const [written, message, expected] of cases) {
    it(`says ${expected.slice(0, 60)}`, () => {
      assert.equal(sayOf(parseReference(written), message), expected);
    });
  }
});
