import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../src/cli/cli.ts';
import { fixedClock } from '../src/clock.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { servicesIn, testHost } from './host.ts';

describe('holdfast select', () => {
  let server: RegistryServer;
  let folder: string;
  const clock = fixedClock(Date.UTC(2026, 0, 2));
  before(async () => {
    server = await startRegistryServer();
    folder = mkdtempSync(join(tmpdir(), 'holdfast-select-'));
    for (const tag of ['1.0.0', '1.2.0', '1.1.0', '2.0.0-rc.1', 'latest']) {
      server.pushImage({ repository: 'team/app', tag, platforms: [{ os: 'linux', architecture: 'amd64' }] });
    }
    server.pushImage({
      repository: 'team/app',
      tag: '0.9.0',
      platforms: ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture })),
    });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => server.faults.clear());

  async function run(words: readonly string[], stdin = '') {
    const env = { HOLDFAST_LEDGER: join(folder, 'ledger.db') };
    const { host, stderr, stdout } = testHost({
      env,
      cwd: folder,
      clock,
      stdin,
      services: servicesIn(folder, { env, clock }),
    });
    const status = await runCli(words, host);
    return { status, stdout: stdout(), stderr: stderr() };
  }
  const select = (words: readonly string[], stdin = '') => run(['select', ...words], stdin);
  const app = (): string => `${server.host}/team/app`;

  it('prints the tag that the policy selects in a registry, and nothing else', async () => {
    assert.deepEqual(await select([app(), '--semver', '1.x']), { status: 0, stdout: '1.2.0\n', stderr: '' });
  });

  it('prints the best tags in order', async () => {
    const { stdout } = await select([app(), '--semver', '>=0-0', '--top', '3']);
    assert.equal(stdout, '2.0.0-rc.1\n1.2.0\n1.1.0\n');
  });

  it('answers in JSON with the keys that are promised', async () => {
    const { stdout } = await select([
      app(),
      '--semver',
      '1.x',
      '--skip',
      '1.2.0',
      '--explain',
      '1.2.0',
      '-o',
      'json',
    ]);
    assert.deepEqual(JSON.parse(stdout), {
      selected: { tag: '1.1.0', value: '1.1.0' },
      considered: 6,
      matched: 2,
      candidates: [{ tag: '1.1.0', value: '1.1.0' }],
      reasons: [
        { reason: 'is a prerelease, and the range admits none', count: 1, examples: ['2.0.0-rc.1'] },
        { reason: 'is no semantic version', count: 1, examples: ['latest'] },
        { reason: 'is on the skip list', count: 1, examples: ['1.2.0'] },
        { reason: 'lies outside the range 1.x', count: 1, examples: ['0.9.0'] },
      ],
      explanations: [{ tag: '1.2.0', isSelected: false, reason: 'is on the skip list' }],
    });
  });

  it('takes the best tag that has the platform', async () => {
    const twice = ['--platform', 'linux/arm64', '--platform', 'linux/arm64'];
    const { stdout } = await select([app(), '--semver', '*', ...twice, '-o', 'json']);
    const { selected, matched, reasons } = JSON.parse(stdout);
    assert.equal(selected.tag, '0.9.0');
    assert.equal(matched, 1);
    assert.deepEqual(
      reasons.find(({ reason }: { reason: string }) => reason === 'lacks linux/arm64').examples,
      ['1.0.0', '1.1.0', '1.2.0'],
    );
  });

  it('chooses by the age that the ledger knows', async () => {
    assert.equal((await run(['scan', app()])).status, 0);
    const young = await select([app(), '--semver', '*', '--minimum-age', '7d']);
    assert.equal(young.status, 1);
    assert.equal(
      young.stderr,
      'holdfast: none of 6 tags is selected\n' +
        '  4 tags: each is younger than the minimum age\n' +
        '  2 other tags: --explain tells why\n',
    );
    clock.advance(7 * 24 * 60 * 60 * 1000);
    assert.equal((await select([app(), '--semver', '*', '--minimum-age', '7d'])).stdout, '1.2.0\n');
    assert.equal((await select([app(), '--first-seen', '--from-ledger'])).status, 0);
    assert.equal((await select([app(), '--semver', '1.x', '--from-ledger'])).stdout, '1.2.0\n');
  });

  it('finds the one tag that is old enough behind hundreds that are younger', async () => {
    const repository = `${server.host}/team/busy`;
    const push = (build: number) => server.pushImage({ repository: 'team/busy', tag: `main-${build}` });
    push(7);
    assert.equal((await run(['scan', repository])).status, 0);
    clock.advance(24 * 60 * 60 * 1000);
    for (let build = 10; build < 310; build += 1) push(build);
    assert.equal((await run(['scan', repository])).status, 0);
    const words = ['--numerical', '--filter', '^main-([0-9]+)$', '--extract', '$1', '--minimum-age', '12h'];
    assert.equal((await select([repository, '--from-ledger', ...words])).stdout, 'main-7\n');
  });

  it('takes a list that nobody looked at for none that is empty', async () => {
    const { status, stderr } = await select([`${server.host}/team/never`, '--semver', '*', '--from-ledger']);
    assert.equal(status, 3);
    assert.match(stderr, /the ledger holds no complete scan of .*team\/never/);
  });

  it('could not look where the registry knows no such repository', async () => {
    assert.deepEqual(await select([`${server.host}/team/ap`, '--semver', '*']), {
      status: 3,
      stdout: '',
      stderr: `holdfast: ${server.host} knows no repository team/ap\n  hint: check the spelling of the repository\n`,
    });
  });

  it('has seen all of a repository whose list is empty', async () => {
    server.faults.add({ match: { repository: 'team/app' }, fault: { kind: 'truncated-tags', keep: 0 } });
    assert.deepEqual(await select([app(), '--semver', '*', '--explain']), {
      status: 1,
      stdout: '0 tags considered, 0 matched\n',
      stderr: 'holdfast: no tag is selected: the list was seen, and it is empty\n',
    });
  });

  for (const { name, lines } of [
    { name: 'no line', lines: '' },
    { name: 'only an empty line', lines: '\r\n\n' },
  ]) {
    it(`could not look where a command or a file gives ${name}`, async () => {
      const hint = '\n  hint: did the command before it fail? run it alone, or set -o pipefail\n';
      assert.deepEqual(await select(['-', '--semver', '*'], lines), {
        status: 3,
        stdout: '',
        stderr: `holdfast: no tag came in: standard input is empty${hint}`,
      });
      writeFileSync(join(folder, 'empty.txt'), lines);
      assert.deepEqual(await select(['nginx', '--from', 'empty.txt', '--semver', '*']), {
        status: 3,
        stdout: '',
        stderr: `holdfast: no tag came in: empty.txt is empty${hint}`,
      });
    });
  }

  const nothing: readonly { readonly name: string; readonly lines: string; readonly says: string }[] = [
    {
      name: 'once for all tags',
      lines: 'a\nb\n',
      says: 'none of 2 tags is selected: each is no semantic version',
    },
    {
      name: 'of the only tag',
      lines: 'a\n',
      says: 'the only tag is not selected: it is no semantic version',
    },
    {
      name: 'against most tags',
      lines: 'a\nb\n1.0.0\n',
      says: 'none of 3 tags is selected\n  2 tags: each is no semantic version\n  1 other tag: --explain tells why',
    },
  ];
  for (const { name, lines, says } of nothing) {
    it(`says why nothing is selected, ${name}, and only where --explain does not`, async () => {
      const words = ['-', '--semver', '>=3'];
      assert.equal((await select(words, lines)).stderr, `holdfast: ${says}\n`);
      const { status, stderr, stdout } = await select([...words, '--explain'], lines);
      assert.deepEqual({ status, stderr }, { status: 1, stderr: '' });
      assert.match(stdout, /^(?:1 tag|[2-9] tags) considered, 0 matched\n/);
    });
  }

  it('warns of a template that takes nothing, and says that nothing is left to rank', async () => {
    const words = ['--numerical', '--filter', '^v', '--extract', '$nope'];
    assert.deepEqual(await select(['-', ...words], 'v1\nv2\n'), {
      status: 1,
      stdout: '',
      stderr:
        'holdfast: warning: --extract $nope takes an empty text for nope: the groups of the pattern are 0; it makes one text of every tag, ""\n' +
        'holdfast: none of 2 tags is selected: each leaves nothing to rank: the text extracted from it is empty\n',
    });
  });

  it('keeps tags back by name, with the reason given', async () => {
    const words = ['--semver', '*', '--hold', '1.1.0=breaks logins', '--hold', '1.0.0', '--explain'];
    const { stdout } = await select(['-', ...words], '1.1.0\n1.0.0\n0.9.0\n');
    assert.match(stdout, /^0\.9\.0\n/);
    assert.match(stdout, /is held back: breaks logins +1\.1\.0/);
    assert.match(stdout, /is held back: by --hold +1\.0\.0/);
  });

  it('tells of every tag that was asked about', async () => {
    const words = ['--semver', '*', '--explain', '--explain', '1.0.0', '--explain', 'edge', '-o', 'json'];
    assert.deepEqual(JSON.parse((await select(['-', ...words], '1.0.0\nedge\n')).stdout).explanations, [
      { tag: '1.0.0', isSelected: true, reason: 'is selected' },
      { tag: 'edge', isSelected: false, reason: 'is no semantic version' },
    ]);
  });

  it('says of texts that are no tags why, and of the one asked about where', async () => {
    const lines = '1.0.0\n../etc\n1.0.1 \n1.0.2 x\n1.0+a\n';
    const { stdout } = await select(['-', '--semver', '*', '--explain', '1.0.1 '], lines);
    assert.match(stdout, /^1\.0\.1 {2}is no tag, for it has a space \(character 6\)$/m);
    assert.match(stdout, /^2 +is no tag, for it has a space +"1\.0\.1 " "1\.0\.2 x"$/m);
    assert.match(stdout, /^1 +is no tag, for it begins with \. +\.\.\/etc$/m);
    assert.match(stdout, /^1 +is no tag, for it has \+ +1\.0\+a$/m);
  });

  it('reads tags from standard input and from a file, one a line, and counts what is none', async () => {
    const lines = 'main-aa-9\r\nmain-bb-10\n\n../etc\nmain-cc-11x';
    const words = ['--filter', '^main-[a-z]+-([0-9]+)$', '--extract', '$1', '--numerical', '-o', 'json'];
    const { selected, considered, reasons } = JSON.parse((await select(['-', ...words], lines)).stdout);
    assert.deepEqual(selected, { tag: 'main-bb-10', value: '10' });
    assert.equal(considered, 4);
    assert.ok(
      reasons.some(
        ({ reason, count }: { reason: string; count: number }) =>
          reason === 'is no tag, for it begins with .' && count === 1,
      ),
    );
    writeFileSync(join(folder, 'tags.txt'), lines);
    const fromFile = await select(['nginx', '--from', 'tags.txt', ...words]);
    assert.equal(JSON.parse(fromFile.stdout).selected.tag, 'main-bb-10');
  });

  const written: readonly { readonly name: string; readonly text: string }[] = [
    { name: 'a mark before the text', text: '\ufeff1.2.0\n1.1.0\n' },
    { name: 'a line end that was cut in two', text: '1.1.0\r\n1.2.0\r' },
    { name: 'empty lines about it', text: '\n\r\n1.2.0\n\n1.1.0' },
  ];
  for (const { name, text } of written) {
    it(`reads lines as editors write them: ${name}`, async () => {
      const { stdout } = await select(['-', '--semver', '*', '-o', 'json'], text);
      const { selected, considered, reasons } = JSON.parse(stdout);
      assert.deepEqual([selected.tag, considered, reasons], ['1.2.0', 2, []]);
    });
  }

  it('answers the same, word for word, in whatever order tags come', async () => {
    const tags = ['edge', '1.0.0', 'a b', '2.0.0-rc.1', 'latest', '1.1.0', 'b c', 'v1.1.0', '0.9.0', 'main'];
    const words = ['-', '--semver', '>=1.0.0', '--top', '2', '--explain', '1.0.0'];
    const answers = [tags, tags.toReversed(), tags.toSorted()].map(async (lines) =>
      select(words, lines.join('\n')),
    );
    const [one, ...others] = await Promise.all(answers);
    for (const other of others) assert.deepEqual(other, one);
    assert.match(one?.stdout ?? '', /^3 +is no semantic version +edge latest main$/m);
  });

  it('selects nothing from a list that does not arrive whole', async () => {
    server.faults.add({ match: { repository: 'team/app' }, fault: { kind: 'cut-body', afterBytes: 20 } });
    const { status, stdout } = await select([app(), '--semver', '*']);
    assert.deepEqual({ status, stdout }, { status: 3, stdout: '' });
  });

  const wrong: readonly {
    readonly name: string;
    readonly words: readonly string[];
    readonly says: RegExp;
  }[] = [
    { name: 'no order', words: ['nginx'], says: /no order was given/ },
    { name: 'two orders', words: ['nginx', '--numerical', '--semver', '*'], says: /2 orders were given/ },
    { name: 'a range that cannot be', words: ['nginx', '--semver', '>>1'], says: /improper constraint/ },
    {
      name: 'a pattern that cannot be',
      words: ['nginx', '--numerical', '--filter', '(?!x)'],
      says: /invalid regular expression/,
    },
    { name: 'a format without a token', words: ['nginx', '--calver', 'x'], says: /not a calendar format/ },
    {
      name: 'a format with a token that is none',
      words: ['nginx', '--calver', 'YYYY.QQ'],
      says: /QQ is no token\n {2}hint: use the tokens of calver\.org \(YYYY YY/,
    },
    {
      name: 'a template without a filter',
      words: ['nginx', '--numerical', '--extract', '$1'],
      says: /--filter/,
    },
    { name: 'no number of tags', words: ['nginx', '--semver', '*', '--top', '0'], says: /--top/ },
    {
      name: 'an age without a unit',
      words: ['nginx', '--semver', '*', '--minimum-age', '7'],
      says: /duration/,
    },
    {
      name: 'two places to read tags from',
      words: ['-', '--semver', '*', '--from-ledger'],
      says: /one place/,
    },
  ];
  for (const { name, words, says } of wrong) {
    it(`calls it wrong usage: ${name}`, async () => {
      const { status, stderr } = await select(words);
      assert.equal(status, 2);
      assert.match(stderr, says);
    });
  }

  it('could not look where the file is not there', async () => {
    assert.equal((await select(['nginx', '--semver', '*', '--from', 'nowhere'])).status, 3);
  });

  it('works as a process with a pipe', () => {
    const bin = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
    const out = execFileSync(process.execPath, [bin, 'select', '-', '--semver', '~1.2'], {
      input: '1.2.9\n1.2.10\n1.3.0\n',
    });
    assert.equal(out.toString(), '1.2.10\n');
  });
});
