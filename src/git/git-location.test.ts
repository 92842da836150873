import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GitError } from './errors.ts';
import { type GitLocation, localGitLocations, parseGitUrl, withoutCredentials } from './git-location.ts';

describe('parseGitUrl', () => {
  const remote = (repository: string, ref?: string, inside = ''): GitLocation => ({
    repository,
    isRemote: true,
    ref,
    inside,
  });
  const cases: readonly { name: string; given: string; expected: GitLocation | undefined }[] = [
    {
      name: 'reads a URL alone',
      given: 'https://github.com/org/repo',
      expected: remote('https://github.com/org/repo'),
    },
    {
      name: 'reads a ref after @',
      given: 'https://github.com/org/repo.git@v1.2',
      expected: remote('https://github.com/org/repo.git', 'v1.2'),
    },
    {
      name: 'reads a path after //',
      given: 'https://github.com/org/repo@v1.2//deploy/base/',
      expected: remote('https://github.com/org/repo', 'v1.2', 'deploy/base'),
    },
    {
      name: 'reads what kustomize writes',
      given: 'https://github.com/org/repo//deploy?ref=main',
      expected: remote('https://github.com/org/repo', 'main', 'deploy'),
    },
    {
      name: 'takes the @ before the host for a user',
      given: 'ssh://git@host:2222/org/repo@main',
      expected: remote('ssh://git@host:2222/org/repo', 'main'),
    },
    {
      name: 'reads the short form of ssh',
      given: 'git@github.com:org/repo@main//deploy',
      expected: remote('git@github.com:org/repo', 'main', 'deploy'),
    },
    {
      name: 'keeps an @ inside a tag',
      given: 'https://host/org/repo@@scope/name@1.0.0',
      expected: remote('https://host/org/repo', '@scope/name@1.0.0'),
    },
    { name: 'leaves a folder alone', given: 'deploy/base', expected: undefined },
    { name: 'knows no helper programs', given: 'ext::sh -c id', expected: undefined },
    { name: 'knows no transport it was not told of', given: 'fd://3/x', expected: undefined },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => assert.deepEqual(parseGitUrl(given), expected));
  }

  const refused: readonly { name: string; given: string }[] = [
    { name: 'a ref that would be an option', given: 'https://host/repo@--upload-pack=id' },
    { name: 'a ref that would be a refspec', given: 'https://host/repo@+a' },
    { name: 'a ref that would write another ref', given: 'https://host/repo@a:b' },
    { name: 'a ref with a line feed', given: 'https://host/repo@a\nb' },
    { name: 'an empty ref', given: 'https://host/repo@' },
    { name: 'a host that would be an option of ssh', given: 'ssh://-oProxyCommand=id/repo' },
    { name: 'a user and a host that would be an option of ssh', given: 'ssh://me@-oProxyCommand=id/repo' },
    { name: 'a path that leaves the repository', given: 'https://host/repo@v1//../../etc' },
  ];
  for (const { name, given } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => parseGitUrl(given),
        (error) => error instanceof GitError && error.code === 'GIT_LOCATION_INVALID',
      );
    });
  }

  it('shows no password in what it says', () => {
    assert.throws(
      () => parseGitUrl('https://me:hunter2@host/repo@'),
      (error) => error instanceof GitError && !error.message.includes('hunter2'),
    );
  });
});

describe('localGitLocations', () => {
  it('gives every way to read a path with several @', () => {
    assert.deepEqual(
      localGitLocations('./a@b/c@v1//d').map(({ repository, ref, inside }) => [repository, ref, inside]),
      [
        ['./a', 'b/c@v1', 'd'],
        ['./a@b/c', 'v1', 'd'],
      ],
    );
  });

  it('reads refs in any of Git’s spellings', () => {
    assert.deepEqual(
      localGitLocations('.@HEAD~1').map(({ ref }) => ref),
      ['HEAD~1'],
    );
  });
});

describe('withoutCredentials', () => {
  it('takes out user and password, also where they hold an @', () => {
    assert.equal(
      withoutCredentials("unable to access 'https://me:p@ss@host/r/': denied"),
      "unable to access 'https://host/r/': denied",
    );
  });
});
