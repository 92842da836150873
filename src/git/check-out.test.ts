import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findTool } from '../../test/tools.ts';
import { checkOut } from './check-out.ts';
import { GitError, type GitErrorCode } from './errors.ts';
import type { GitLocation } from './git-location.ts';

const git = findTool('git');

describe('checkOut', { skip: git.missing }, () => {
  let folder = '';
  let repository = '';
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };

  function run(...words: string[]): string {
    const identity = ['-c', 'user.name=n', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main'];
    return execFileSync(git.path, [...identity, ...words], { cwd: repository, env, encoding: 'utf8' }).trim();
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
    // A temporary folder of our own: another test's leavings are none of ours.
    process.env['TMPDIR'] = join(folder, 'temporary');
    mkdirSync(join(folder, 'temporary'));
    repository = join(folder, 'repo@team');
    mkdirSync(join(repository, 'deploy'), { recursive: true });
    run('init', '--quiet');
    writeFileSync(join(repository, 'deploy', 'a.yaml'), 'one\r\n');
    run('add', '.');
    run('commit', '--quiet', '-m', 'one');
    run('tag', 'v1');
    writeFileSync(join(repository, 'deploy', 'a.yaml'), 'two\n');
    symlinkSync('/etc', join(repository, 'out'));
    run('add', '.');
    run('commit', '--quiet', '-m', 'two');
    writeFileSync(join(repository, 'deploy', 'a.yaml'), 'not committed\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const local = (ref: string | undefined, inside = ''): GitLocation => ({
    repository,
    isRemote: false,
    ref,
    inside,
  });
  const remote = (ref: string | undefined, inside = ''): GitLocation => ({
    ...local(ref, inside),
    repository: `file://${repository}`,
    isRemote: true,
  });

  async function readAt(location: GitLocation): Promise<string> {
    const commit = await checkOut(location, { env, cwd: folder });
    try {
      return readFileSync(join(commit.folder, 'deploy', 'a.yaml'), 'utf8');
    } finally {
      await commit.remove();
    }
  }

  const cases: readonly { name: string; given: () => GitLocation; expected: string }[] = [
    { name: 'a tag of a local repository, byte for byte', given: () => local('v1'), expected: 'one\r\n' },
    { name: 'HEAD, and not the working tree', given: () => local(undefined), expected: 'two\n' },
    { name: 'a commit before', given: () => local('HEAD~1'), expected: 'one\r\n' },
    {
      name: 'a shortened commit',
      given: () => local(run('rev-parse', '--short', 'v1')),
      expected: 'one\r\n',
    },
    { name: 'a tag of a remote repository', given: () => remote('v1'), expected: 'one\r\n' },
    { name: 'HEAD of a remote repository', given: () => remote(undefined), expected: 'two\n' },
    { name: 'a branch of a remote repository', given: () => remote('main'), expected: 'two\n' },
    { name: 'a commit before, of a remote repository', given: () => remote('HEAD~1'), expected: 'one\r\n' },
    {
      name: 'a shortened commit of a remote repository',
      given: () => remote(run('rev-parse', '--short', 'v1')),
      expected: 'one\r\n',
    },
  ];
  for (const { name, given, expected } of cases) {
    it(`reads ${name}`, async () => assert.equal(await readAt(given()), expected));
  }

  it('takes a path from the folder named, where that is not the top', async () => {
    const given = { ...local('v1', 'a.yaml'), repository: join(repository, 'deploy') };
    const commit = await checkOut(given, { env, cwd: folder });
    assert.equal(readFileSync(commit.path, 'utf8'), 'one\r\n');
    assert.equal(commit.isFolder, false);
    await commit.remove();
  });

  it('leaves a local repository as it was', async () => {
    const before = [run('status', '--porcelain'), run('for-each-ref')];
    await readAt(local('v1'));
    assert.deepEqual([run('status', '--porcelain'), run('for-each-ref')], before);
  });

  const failures: readonly { name: string; given: () => GitLocation; code: GitErrorCode; says: RegExp }[] = [
    { name: 'an unknown ref', given: () => local('nope'), code: 'GIT_REF_UNKNOWN', says: /has no .*"nope"/ },
    {
      name: 'an unknown ref of a remote',
      given: () => remote('nope'),
      code: 'GIT_REF_UNKNOWN',
      says: /has no branch, tag or commit "nope"/,
    },
    {
      name: 'a path that is not there',
      given: () => local('v1', 'nope'),
      code: 'GIT_PATH_MISSING',
      says: /no "nope" at v1/,
    },
    {
      name: 'a path that a link leads out of',
      given: () => local('main', 'out'),
      code: 'GIT_PATH_MISSING',
      says: /no "out"/,
    },
    {
      name: 'a folder that is no repository',
      given: () => ({ ...local('v1'), repository: folder }),
      code: 'GIT_NOT_A_REPOSITORY',
      says: /not a git repository/,
    },
    {
      name: 'a remote that is no repository',
      given: () => ({ ...remote('v1'), repository: `file://${folder}/none` }),
      code: 'GIT_UNREACHABLE',
      says: /does not appear to be a git repository/,
    },
  ];
  for (const { name, given, code, says } of failures) {
    it(`reports ${name}, and leaves nothing behind`, async () => {
      await assert.rejects(checkOut(given(), { env, cwd: folder }), (error) => {
        assert.ok(error instanceof GitError);
        assert.equal(error.code, code);
        assert.match(error.message, says);
        return true;
      });
      assert.deepEqual(leftovers(), []);
    });
  }

  it('reports a server that wants a password, without asking for it or showing one', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const given = { ...remote('v1'), repository: `http://me:hunter2@127.0.0.1:${port}/org/repo` };
    await assert.rejects(checkOut(given, { env, cwd: folder }), (error) => {
      assert.ok(error instanceof GitError);
      assert.equal(error.code, 'GIT_DENIED');
      assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2/);
      return true;
    });
    server.close();
  });

  it('stops when asked, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const server = createServer(() => stop.abort()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const given = { ...remote('v1'), repository: `http://127.0.0.1:${port}/org/repo` };
    await assert.rejects(checkOut(given, { env, cwd: folder, signal: stop.signal }), { name: 'AbortError' });
    server.closeAllConnections();
    server.close();
    assert.deepEqual(leftovers(), []);
  });

  it('reports that git is missing', async () => {
    const given = checkOut(local('v1'), { env: { PATH: folder }, cwd: folder });
    await assert.rejects(given, (error) => error instanceof GitError && error.code === 'GIT_MISSING');
  });

  function leftovers(): readonly string[] {
    return readdirSync(join(folder, 'temporary'));
  }
});
