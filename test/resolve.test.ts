import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../src/cli/cli.ts';
import type { Host } from '../src/cli/host.ts';
import { fixedClock } from '../src/clock.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { shortDigest } from '../src/reference/digest.ts';
import { parseTag } from '../src/reference/tag.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { servicesIn, testHost } from './host.ts';
import { repositoryAt } from './open-test-client.ts';
import { startRegistryProcess } from './registry-process.ts';

const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
];

type RunOptions = {
  readonly env?: Host['env'];
  readonly signal?: AbortSignal;
  /** Handed what reads the output so far. */
  readonly onStart?: (stdout: () => string) => void;
};

describe('holdfast resolve', () => {
  let server: RegistryServer;
  let folder: string;
  const clock = fixedClock(Date.UTC(2026, 0, 2));
  before(async () => {
    server = await startRegistryServer();
    folder = mkdtempSync(join(tmpdir(), 'holdfast-resolve-'));
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => server.faults.clear());

  async function run(words: readonly string[], options: RunOptions = {}) {
    const env = { HOLDFAST_LEDGER: join(folder, 'ledger.db'), ...options.env };
    const { signal } = options;
    clock.advance(60_000);
    const { host, stderr, stdout } = testHost({
      env,
      cwd: folder,
      services: servicesIn(folder, { env, clock }),
      clock,
      ...(signal && { signal }),
    });
    options.onStart?.(stdout);
    const status = await runCli(['resolve', ...words], host);
    return { status, stdout: stdout(), stderr: stderr() };
  }

  const at = (text: string): string => `${server.host}/${text}`;

  it('prints the digest of each reference, one line each, in the order given', async () => {
    const images = ['one', 'two', 'three'].map((repository) => server.pushImage({ repository, tag: '1.0' }));
    server.faults.add({ match: { repository: 'one' }, fault: { kind: 'delay', delayMs: 30 } });
    const outcome = await run([at('one:1.0'), at('two:1.0'), at(`three@${images[2]?.digest}`)]);
    assert.deepEqual(outcome, {
      status: 0,
      stdout: images.map(({ digest }) => `${digest}\n`).join(''),
      stderr: '',
    });
  });

  it('takes latest for a reference without tag', async () => {
    const { digest } = server.pushImage({ repository: 'untagged', tag: 'latest' });
    assert.equal((await run([at('untagged')])).stdout, `${digest}\n`);
  });

  it('prints the whole reference with --full', async () => {
    const { digest } = server.pushImage({ repository: 'full', tag: '1.0' });
    assert.equal((await run([at('full:1.0'), '--full'])).stdout, `${at('full')}@${digest}\n`);
  });

  it('prints the digest of a child with --platform', async () => {
    const { children } = server.pushImage({ repository: 'multi', tag: '1.0', platforms });
    const outcome = await run([at('multi:1.0'), '--platform', 'linux/arm64']);
    assert.equal(outcome.stdout, `${children[1]?.digest}\n`);
  });

  it('says which platforms there are, where the one asked for is missing', async () => {
    server.pushImage({ repository: 'multi', tag: '1.0', platforms });
    const outcome = await run([at('multi:1.0'), '--platform', 'windows/amd64']);
    assert.deepEqual([outcome.status, outcome.stdout], [1, '']);
    assert.match(
      outcome.stderr,
      /nothing for windows\/amd64\n {2}hint: it is there for linux\/amd64, linux\/arm64/,
    );
  });

  it('prints the others where one is not there', async () => {
    const { digest } = server.pushImage({ repository: 'there', tag: '1.0' });
    const outcome = await run([at('there:2.0'), at('nowhere'), at('there:1.0')]);
    assert.deepEqual([outcome.status, outcome.stdout], [1, `${digest}\n`]);
    assert.equal(outcome.stderr.match(/has no such image/g)?.length, 2);
  });

  it('never takes "could not look" for "not there"', async () => {
    server.pushImage({ repository: 'down', tag: '1.0' });
    server.faults.add({ match: { repository: 'down' }, fault: { kind: 'status', status: 503 } });
    const outcome = await run([at('down:1.0'), at('nowhere')]);
    assert.equal(outcome.status, 3);
    assert.match(outcome.stderr, /answered 503/);
  });

  it('names a reference as it was written, also where the registry is silent', async () => {
    const outcome = await run(['127.0.0.1:1/x', '--no-ledger', '-o', 'json']);
    assert.match(outcome.stderr, /^holdfast: 127\.0\.0\.1:1\/x: /);
    assert.match(JSON.parse(outcome.stdout).problems[0].message, /^127\.0\.0\.1:1\/x: /);
  });

  it('asks nothing where one of the words is no reference', async () => {
    server.requests.clear();
    const outcome = await run([at('one:1.0'), 'not a reference']);
    assert.deepEqual([outcome.status, outcome.stdout], [2, '']);
    assert.equal(server.requests.count(), 0);
  });

  it('prints JSON', async () => {
    const image = server.pushImage({ repository: 'json', tag: '1.0', platforms });
    const outcome = await run([at('json:1.0'), at('json:2.0'), '-o', 'json', '--platform', 'linux/amd64']);
    const printed = JSON.parse(outcome.stdout);
    assert.deepEqual(printed.resolved, [
      {
        reference: at('json:1.0'),
        normalized: at('json:1.0'),
        digest: image.children[0]?.digest,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        platform: 'linux/amd64',
        rootDigest: image.digest,
      },
    ]);
    assert.deepEqual(
      printed.problems.map((problem: { code: string; reference: string }) => [
        problem.code,
        problem.reference,
      ]),
      [['MANIFEST_UNKNOWN', at('json:2.0')]],
    );
  });

  it('shows what is left of a quota, and warns where it is little', async () => {
    server.pushImage({ repository: 'counted', tag: '1.0', platforms });
    const fault = { kind: 'quota', limit: 5, windowSeconds: 21_600 } as const;
    server.faults.add({ match: { repository: 'counted' }, fault });
    const words = [at('counted:1.0'), '--platform', 'linux/amd64', '-o', 'json'];
    const first = await run(words);
    const [quota] = JSON.parse(first.stdout).rateLimits;
    assert.deepEqual([quota.host, quota.limit, quota.remaining], [server.host, 5, 4]);
    assert.equal(first.stderr, '');
    for (const _ of [3, 2]) await run(words);
    assert.match((await run(words)).stderr, /warning: .*: 1 of 5 left of its quota in 6 h/);
  });

  it('records what it saw, and says which tags moved', async () => {
    const first = server.pushImage({ repository: 'moving', tag: '1.0', seed: 'first' }).digest;
    await run([at('moving:1.0')]);
    const second = server.pushImage({ repository: 'moving', tag: '1.0', seed: 'second' }).digest;
    const outcome = await run([at('moving:1.0'), '-o', 'json']);
    assert.equal(JSON.parse(outcome.stdout).resolved[0].movedFrom.digest, first);
    assert.match(
      outcome.stderr,
      new RegExp(`moving:1.0 moved from ${shortDigest(first)} \\(last seen .*\\) to ${shortDigest(second)}`),
    );
    const ledger = await openLedger(join(folder, 'ledger.db'), { env: {}, cwd: folder });
    const seen = await ledger.listObservations(repositoryAt(server.host, 'moving'), parseTag('1.0'));
    assert.deepEqual(
      seen.map(({ digest, source }) => [digest, source]),
      [
        [first, 'resolve'],
        [second, 'resolve'],
      ],
    );
    await ledger.close();
  });

  it('records nothing with --no-ledger, and nothing of a tag beside a digest', async () => {
    const { digest } = server.pushImage({ repository: 'unseen', tag: '1.0' });
    await run([at('unseen:1.0'), '--no-ledger']);
    await run([at(`unseen:1.0@${digest}`)]);
    const ledger = await openLedger(join(folder, 'ledger.db'), { env: {}, cwd: folder });
    assert.deepEqual(await ledger.listObservations(repositoryAt(server.host, 'unseen'), parseTag('1.0')), []);
    await ledger.close();
  });

  it('prints the digests though the ledger cannot be written', async () => {
    const { digest } = server.pushImage({ repository: 'kept', tag: '1.0' });
    const blocker = join(folder, 'blocker');
    writeFileSync(blocker, 'a file where a folder should be');
    const outcome = await run([at('kept:1.0'), '--ledger', join(blocker, 'ledger.db')]);
    assert.deepEqual([outcome.status, outcome.stdout], [0, `${digest}\n`]);
    assert.match(outcome.stderr, /warning: not recorded/);
  });

  it('prints the digests though another process holds the ledger', async () => {
    const { digest } = server.pushImage({ repository: 'held', tag: '1.0' });
    await run([at('held:1.0')]);
    const holder = new DatabaseSync(join(folder, 'ledger.db'));
    holder.exec('begin immediate');
    const outcome = await run([at('held:1.0')]);
    holder.close();
    assert.deepEqual([outcome.status, outcome.stdout], [0, `${digest}\n`]);
    assert.match(outcome.stderr, /warning: not recorded: .* is held by another process/);
  });

  it('records what it saw before Ctrl-C, where that needs no further request', async () => {
    const { digest } = server.pushImage({ repository: 'early', tag: '1.0' });
    await run([at('early:1.0')]);
    server.faults.add({ match: { repository: 'late' }, fault: { kind: 'delay', delayMs: 60_000 } });
    const controller = new AbortController();
    let printed = (): string => '';
    const running = run([at('early:1.0'), at('late:1.0')], {
      signal: controller.signal,
      onStart: (stdout) => {
        printed = stdout;
      },
    });
    while (printed() === '') await new Promise(setImmediate);
    controller.abort();
    const outcome = await running;
    assert.deepEqual([outcome.status, outcome.stdout], [130, `${digest}\n`]);
    const ledger = await openLedger(join(folder, 'ledger.db'), { env: {}, cwd: folder });
    const seen = await ledger.listObservations(repositoryAt(server.host, 'early'), parseTag('1.0'));
    assert.equal(seen.length, 1);
    assert.ok((seen[0]?.lastSeenAt ?? 0) > (seen[0]?.firstSeenAt ?? 0));
    await ledger.close();
  });

  it('fetches only what is new or changed, to compute its digest from bytes', async () => {
    server.pushImage({ repository: 'counted-gets', tag: '1.0' });
    const gets = (): number => server.requests.count({ method: 'GET', path: 'counted-gets' });
    await run([at('counted-gets:1.0'), '--no-ledger']);
    assert.equal(gets(), 0, 'nobody keeps it');
    await run([at('counted-gets:1.0')]);
    assert.equal(gets(), 1, 'new');
    await run([at('counted-gets:1.0')]);
    assert.equal(gets(), 1, 'known');
    server.pushImage({ repository: 'counted-gets', tag: '1.0', seed: 'rebuilt' });
    await run([at('counted-gets:1.0')]);
    assert.equal(gets(), 2, 'changed');
  });

  it('makes no history of a header that its bytes contradict', async () => {
    server.pushImage({ repository: 'lying', tag: '1.0' });
    server.faults.add({ match: { repository: 'lying' }, fault: { kind: 'wrong-digest' } });
    const outcome = await run([at('lying:1.0')]);
    assert.equal(outcome.status, 3);
    assert.match(outcome.stderr, /warning: not recorded: .*lying.*sha256:/);
    const ledger = await openLedger(join(folder, 'ledger.db'), { env: {}, cwd: folder });
    assert.deepEqual(await ledger.listObservations(repositoryAt(server.host, 'lying'), parseTag('1.0')), []);
    await ledger.close();
  });

  it('uses the credential of --authfile', async () => {
    const secured = await startRegistryServer({
      auth: { kind: 'bearer', users: [{ username: 'jane', password: 'hunter2' }] },
    });
    const { digest } = secured.pushImage({ repository: 'app', tag: '1.0' });
    const file = join(folder, 'auth.json');
    const auth = Buffer.from('jane:hunter2').toString('base64');
    writeFileSync(file, JSON.stringify({ auths: { [secured.host]: { auth } } }));
    assert.equal((await run([`${secured.host}/app:1.0`, '--authfile', file])).stdout, `${digest}\n`);
    const without = await run([`${secured.host}/app:1.0`]);
    assert.equal(without.status, 3);
    await secured.close();
  });

  it('runs as a process', async () => {
    const registry = await startRegistryProcess({ images: [{ repository: 'app', tag: '1.0' }] });
    const bin = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
    const words = [bin, 'resolve', `${registry.host}/app:1.0`, `${registry.host}/app:2.0`, '--no-ledger'];
    const outcome = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, words, (error, stdout) => resolve({ code: error?.code, stdout }));
    });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stdout, /^sha256:[0-9a-f]{64}\n$/);
    await registry.close();
  });
});
