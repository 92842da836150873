import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseRepository, repositoryName } from '../../reference/repository.ts';
import { RegistryConfigurationError } from './errors.ts';
import { makeProblems } from './problems.ts';
import { findRegistryTable, parseRegistriesConf, remapRepository } from './registries-conf.ts';

/** Where a repository is asked for, in order: `mirror.example/x (digest-only, insecure)`. */
async function placesFor(text: string, repository: string): Promise<readonly string[] | 'no table'> {
  const tables = await parseRegistriesConf(text, 'registries.conf', makeProblems());
  const table = findRegistryTable(tables, parseRepository(repository));
  if (table === undefined) return 'no table';
  return remapRepository(table, parseRepository(repository)).map((place) => {
    const notes = [...(place.asked === 'all' ? [] : [place.asked]), ...(place.insecure ? ['insecure'] : [])];
    return repositoryName(place.repository) + (notes.length === 0 ? '' : ` (${notes.join(', ')})`);
  });
}

const manualExample = `
unqualified-search-registries = ["example.com"]
[[registry]]
prefix = "example.com/foo"
insecure = false
blocked = false
location = "internal-registry-for-example.com/bar"
[[registry.mirror]]
location = "example-mirror-0.local/mirror-for-foo"
[[registry.mirror]]
location = "example-mirror-1.local/mirrors/foo"
insecure = true
[[registry]]
location = "registry.com"
[[registry.mirror]]
location = "mirror.registry.com"
`;

describe('registries.conf', () => {
  type Case = { name: string; text: string; repository: string; expected: readonly string[] | 'no table' };
  const cases: readonly Case[] = [
    {
      name: 'asks the mirrors of the manual in order, then the location',
      text: manualExample,
      repository: 'example.com/foo/image',
      expected: [
        'example-mirror-0.local/mirror-for-foo/image',
        'example-mirror-1.local/mirrors/foo/image (insecure)',
        'internal-registry-for-example.com/bar/image',
      ],
    },
    {
      name: 'uses the mirrors of one table only',
      text: manualExample,
      repository: 'registry.com/image',
      expected: ['mirror.registry.com/image', 'registry.com/image'],
    },
    {
      name: 'says nothing of another host',
      text: manualExample,
      repository: 'ghcr.io/a',
      expected: 'no table',
    },
    {
      name: 'matches whole components',
      text: manualExample,
      repository: 'example.com/foobar/image',
      expected: 'no table',
    },
    {
      name: 'does not match a longer host',
      text: manualExample,
      repository: 'registry.com.evil.test/image',
      expected: 'no table',
    },
    {
      name: 'does not match by the end of a host',
      text: manualExample,
      repository: 'my-registry.com/image',
      expected: 'no table',
    },
    {
      name: 'knows Docker Hub by its name, with library/ before official images',
      text: '[[registry]]\nprefix = "docker.io/library"\nlocation = "mirror.local/hub"',
      repository: 'nginx',
      expected: ['mirror.local/hub/nginx'],
    },
    {
      name: 'takes the longest prefix',
      text: '[[registry]]\nlocation="a.example"\n[[registry]]\nprefix="a.example/b"\nlocation="c.example"',
      repository: 'a.example/b/d',
      expected: ['c.example/d'],
    },
    {
      name: 'takes the last of two tables with one prefix',
      text: '[[registry]]\nprefix="a.example"\nlocation="b.example"\n[[registry]]\nprefix="a.example"\nlocation="c.example"',
      repository: 'a.example/d',
      expected: ['c.example/d'],
    },
    {
      name: 'matches subdomains by a wildcard, and rewrites nothing without location',
      text: '[[registry]]\nprefix="*.example.com"\ninsecure=true',
      repository: 'a.b.example.com/c',
      expected: ['a.b.example.com/c (insecure)'],
    },
    {
      name: 'does not match the domain itself by a wildcard',
      text: '[[registry]]\nprefix="*.example.com"',
      repository: 'example.com/c',
      expected: 'no table',
    },
    {
      name: 'does not match a longer domain by a wildcard',
      text: '[[registry]]\nprefix="*.example.com"',
      repository: 'a.example.com.evil.test/c',
      expected: 'no table',
    },
    {
      name: 'does not match a path by a wildcard',
      text: '[[registry]]\nprefix="*.example.com"',
      repository: 'evil.test/a.example.com/c',
      expected: 'no table',
    },
    {
      name: 'puts the location in place of the host that a wildcard matched',
      text: '[[registry]]\nprefix="*.example.com"\nlocation="mirror.local/all"',
      repository: 'a.example.com/b/c',
      expected: ['mirror.local/all/b/c'],
    },
    {
      name: 'prefers a longer plain prefix to a wildcard',
      text: '[[registry]]\nprefix="*.example.com"\n[[registry]]\nprefix="a.example.com/b"\nlocation="m.local"',
      repository: 'a.example.com/b/c',
      expected: ['m.local/c'],
    },
    {
      name: 'keeps a port that follows the prefix, as containers/image does',
      text: '[[registry]]\nprefix="example.com"\nlocation="mirror.local"',
      repository: 'example.com:5000/a',
      expected: ['mirror.local:5000/a'],
    },
    {
      name: 'asks mirrors for digests alone with mirror-by-digest-only',
      text: '[[registry]]\nlocation="a.example"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="m.local"',
      repository: 'a.example/b',
      expected: ['m.local/b (digest-only)', 'a.example/b'],
    },
    {
      name: 'asks each mirror for what pull-from-mirror says',
      text: '[[registry]]\nlocation="a.example"\n[[registry.mirror]]\nlocation="m.local"\npull-from-mirror="tag-only"\n[[registry.mirror]]\nlocation="n.local"\npull-from-mirror="digest-only"\n[[registry.mirror]]\nlocation="o.local"\npull-from-mirror=""',
      repository: 'a.example/b',
      expected: ['m.local/b (tag-only)', 'n.local/b (digest-only)', 'o.local/b', 'a.example/b'],
    },
    {
      name: 'may have a slash at the end of a location',
      text: '[[registry]]\nprefix="a.example/"\nlocation="b.example/c//"',
      repository: 'a.example/d',
      expected: ['b.example/c/d'],
    },
  ];
  for (const { name, text, repository, expected } of cases) {
    it(name, async () => {
      assert.deepEqual(await placesFor(text, repository), expected);
    });
  }

  it('finds the table with the longest prefix whatever their order', async () => {
    const prefix = fc.constantFrom(
      'r.example',
      'r.example/a',
      'r.example/a/b',
      'r.example/ab',
      '*.example',
      'x.example',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(prefix),
        fc.constantFrom('a', 'a/b', 'ab', 'a/b/c'),
        async (prefixes, path) => {
          const text = prefixes.map(
            (one) => `[[registry]]\nprefix="${one}"\nlocation="${one.replace('*', 'w')}"`,
          );
          const repository = parseRepository(`r.example/${path}`);
          const tables = await parseRegistriesConf(text.join('\n'), 'f', makeProblems());
          const expected = prefixes
            .filter((one) => one === '*.example' || `r.example/${path}/`.startsWith(`${one}/`))
            .sort((one, other) => other.length - one.length || (one < other ? 1 : -1))[0];
          assert.equal(findRegistryTable(tables, repository)?.prefix, expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  const broken: readonly { name: string; text: string; message: RegExp }[] = [
    {
      name: 'that is no TOML',
      text: '[[registry]]\nlocation = ',
      message: /^f is not TOML at line 2 column \d+$/,
    },
    { name: 'of version 1', text: '[registries.search]\nregistries = ["a"]', message: /^f is of version 1/ },
    {
      name: 'without prefix and location',
      text: '[[registry]]\nblocked = true',
      message: /^f: registry\[0\] has neither/,
    },
    {
      name: 'without location',
      text: '[[registry]]\nprefix = "a.b"',
      message: /^f: registry\[0\] has no location/,
    },
    {
      name: 'with a scheme',
      text: '[[registry]]\nlocation = "https://a.b"',
      message: /^f: registry\[0\]\.location must be HOST/,
    },
    {
      name: 'with a star inside',
      text: '[[registry]]\nprefix = "a.*.b"\nlocation="c.d"',
      message: /^f: registry\[0\]\.prefix may have a \*/,
    },
    {
      name: 'with a wildcard and a path',
      text: '[[registry]]\nprefix = "*.a.b/c"',
      message: /^f: registry\[0\]\.prefix may have a \*/,
    },
    {
      name: 'with a mirror without location',
      text: '[[registry]]\nlocation = "a.b"\n[[registry.mirror]]\ninsecure = true',
      message: /^f: registry\[0\]\.mirror\[0\] has no location/,
    },
    {
      name: 'with an unknown pull-from-mirror',
      text: '[[registry]]\nlocation = "a.b"\n[[registry.mirror]]\nlocation = "m.l"\npull-from-mirror = "no"',
      message: /pull-from-mirror must be all, digest-only or tag-only$/,
    },
    {
      name: 'with both ways to limit a mirror',
      text: '[[registry]]\nlocation = "a.b"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.l"\npull-from-mirror = "all"',
      message: /has pull-from-mirror where the registry has mirror-by-digest-only$/,
    },
    {
      name: 'with a word for a boolean',
      text: '[[registry]]\nlocation = "a.b"\nblocked = "yes"',
      message: /^f: registry\[0\]\.blocked must be true or false$/,
    },
    {
      name: 'with one table where a list belongs',
      text: '[registry]\nlocation = "a.b"',
      message: /^f: registry must be a list/,
    },
  ];
  for (const { name, text, message } of broken) {
    it(`is refused ${name}`, async () => {
      await assert.rejects(
        () => parseRegistriesConf(text, 'f', makeProblems()),
        (error) => error instanceof RegistryConfigurationError && message.test(error.message),
      );
    });
  }

  it('is refused where a location names no host', async () => {
    await assert.rejects(
      () => placesFor('[[registry]]\nprefix="a.example"\nlocation="mirror/org"', 'a.example/b'),
      /registry\[0\] sends a\.example\/b to "mirror\/org\/b", which is no repository/,
    );
  });

  it('says that a prefix with a tag is not used', async () => {
    const problems = makeProblems();
    await parseRegistriesConf('[[registry]]\nprefix="c.d/e:1"\nlocation="f.g"', 'f', problems);
    assert.deepEqual(
      problems.list().map((problem) => problem.message),
      ['f: registry[0] is not used: its prefix "c.d/e:1" has a tag or digest'],
    );
  });

  it('passes over search registries and aliases, which every Fedora has', async () => {
    const problems = makeProblems();
    const text = 'unqualified-search-registries=["a.b"]\nshort-name-mode="enforcing"\n[aliases]\nc="d.e/c"';
    assert.deepEqual(await parseRegistriesConf(text, 'f', problems), []);
    assert.deepEqual(problems.list(), []);
  });
});
