import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { parseRepository } from '../src/reference/repository.ts';
import type { Fault } from '../src/registry-server/fault.ts';
import { openPinningHouse, type PinningHouse } from './pinning-house.ts';

const hourMs = 3_600_000;

type Scan = {
  readonly outcome: string;
  readonly reason?: string;
  readonly tags: number;
  readonly appeared: number;
  readonly gone: number;
  readonly forgotten: number;
  readonly pages: number;
  readonly skippedPages: number;
  readonly moves: readonly { readonly tag: string; readonly from: string; readonly to: string }[];
  readonly digestsAsked: number;
  readonly problems: readonly { readonly tag: string; readonly message: string }[];
};

describe('holdfast scan and history', () => {
  let house: PinningHouse;
  const repository = (): string => `${house.server.host}/team/app`;

  /** One scan, an hour after the one before. */
  async function scan(...words: readonly string[]): Promise<Scan & { readonly status: number }> {
    house.clock.advance(hourMs);
    const { status, stdout, stderr } = await house.run('scan', repository(), '-o', 'json', ...words);
    assert.notEqual(stdout, '', stderr);
    return { ...JSON.parse(stdout).scans[0], status };
  }

  beforeEach(async () => {
    house = await openPinningHouse();
    house.server.pushImage({ repository: 'team/app', tag: '1.0', alsoTags: ['1.1', 'latest'] });
  });
  afterEach(() => house.close());

  it('record tags, follow digests by pattern, and tell of the tag that moved', async () => {
    const first = await scan('--watch', '1.*');
    assert.deepEqual([first.status, first.tags, first.appeared, first.digestsAsked], [0, 3, 3, 2]);
    const moved = house.server.pushImage({ repository: 'team/app', tag: '1.0', seed: 'rebuilt' });
    const second = await scan();
    assert.deepEqual([second.status, second.appeared, second.moves.length], [0, 0, 1]);
    assert.deepEqual([second.moves[0]?.tag, second.moves[0]?.to], ['1.0', moved.digest]);
    assert.equal((await scan('--unwatch', '1.*')).digestsAsked, 2, 'tags observed before are followed');

    const { status, stdout } = await house.run('history', `${repository()}:1.0`, '-o', 'json');
    const history = JSON.parse(stdout);
    assert.deepEqual([status, history.reference, history.moves], [0, `${repository()}:1.0`, 1]);
    assert.deepEqual(history.observations, [
      {
        digest: second.moves[0]?.from,
        firstSeenAt: '2026-11-21T11:49:00Z',
        lastSeenAt: '2026-11-21T11:49:00Z',
        source: 'scan',
      },
      {
        digest: moved.digest,
        firstSeenAt: '2026-11-21T12:49:00Z',
        lastSeenAt: '2026-11-21T13:49:00Z',
        source: 'scan',
      },
    ]);
  });

  it('print what a person reads', async () => {
    await scan('--watch', '1.*');
    house.server.pushImage({ repository: 'team/app', tag: '1.0', seed: 'rebuilt', alsoTags: ['1.2'] });
    house.server.deleteManifest('team/app', 'latest');
    house.clock.advance(hourMs);
    const { stdout } = await house.run('scan', repository());
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^REPOSITORY +SCAN +TAGS +NEW +GONE +MOVED +DIGESTS +REQUESTS +TOOK$/);
    assert.match(lines[1] ?? '', /^127\.0\.0\.1:\d+\/team\/app +complete +3 +1 +1 +1 +3 +6 +0\.0s$/);
    assert.match(
      lines[3] ?? '',
      /team\/app:1\.0 moved from sha256:\w{12} \(last seen 2026-11-21T11:49:00Z\) to/,
    );
    assert.match(stdout, /team\/app: new: 1\.2\n.*team\/app: gone: latest\n/);

    const history = await house.run('history', `${repository()}:1.0`);
    assert.match(history.stdout, /team\/app:1\.0: moved once, listed since 2026-11-21T11:49:00Z\n\nDIGEST/);
    const gone = await house.run('history', `${repository()}:latest`);
    assert.match(gone.stdout, /no digest was ever asked for, .*gone since 2026-11-21T12:49:00Z/);
  });

  it('say what a tag pointed to at a time, and how sure that is', async () => {
    await scan('--digests', 'all');
    house.server.pushImage({ repository: 'team/app', tag: '1.0', seed: 'rebuilt' });
    await scan();
    for (const { at, status, certainty } of [
      { at: '2026-11-21T11:00:00Z', status: 3, certainty: 'unknown' },
      { at: '2026-11-21T11:49:00Z', status: 0, certainty: 'seen' },
      { at: '30m', status: 0, certainty: 'between' },
      { at: '2026-11-22', status: 0, certainty: 'last-known' },
    ]) {
      const ran = await house.run('history', `${repository()}:1.0`, '--at', at, '-o', 'json');
      assert.deepEqual([ran.status, JSON.parse(ran.stdout).at.certainty], [status, certainty], at);
      assert.match((await house.run('history', `${repository()}:1.0`, '--at', at)).stdout, /:1\.0 at 2026-/);
    }
    assert.equal((await house.run('history', `${repository()}:1.0`, '--at', 'yesterday')).status, 2);
  });

  it('find the very times that a history shows, which leaves out their milliseconds', async () => {
    house.clock.advance(789);
    await scan('--digests', 'all');
    const { stdout } = await house.run('history', `${repository()}:1.0`, '-o', 'json');
    const [{ firstSeenAt }] = JSON.parse(stdout).observations;
    const ran = await house.run('history', `${repository()}:1.0`, '--at', firstSeenAt, '-o', 'json');
    assert.equal(JSON.parse(ran.stdout).at.certainty, 'seen');
  });

  it('call a tag that nobody saw unknown, which is not clean', async () => {
    await scan();
    const { status, stdout } = await house.run('history', `${repository()}:9.9`);
    assert.equal(status, 3);
    assert.match(stdout, /unknown, nobody ever looked; look now with: holdfast resolve/);
    const json = await house.run('history', `${repository()}:9.9`, '-o', 'json');
    const { known, observations, moves } = JSON.parse(json.stdout);
    assert.deepEqual([known, observations, moves], [false, [], 0]);
    assert.equal((await house.run('history', `${repository()}@sha256:${'0'.repeat(64)}`)).status, 2);
  });

  const tags = { endpoint: 'tags' } as const;
  const faults: readonly {
    readonly name: string;
    readonly fault: Fault;
    readonly outcome: string;
    readonly reason: RegExp;
  }[] = [
    {
      name: 'a list that the registry does not give',
      fault: { kind: 'status', status: 500 },
      outcome: 'partial',
      reason: /500/,
    },
    {
      name: 'a list that breaks off',
      fault: { kind: 'cut-body', afterBytes: 100 },
      outcome: 'partial',
      reason: /./,
    },
    {
      name: 'a list that is a web page',
      fault: { kind: 'html-body' },
      outcome: 'partial',
      reason: /web page/,
    },
    {
      name: 'a list that is suddenly empty',
      fault: { kind: 'empty-tags', as: 'empty' },
      outcome: 'suspect',
      reason: /lacks 43 of 43 known tags, yet \d+ of \d+ asked for by name are there/,
    },
    {
      name: 'a list cut to its first tags',
      fault: { kind: 'truncated-tags', keep: 5 },
      outcome: 'suspect',
      reason: /lacks 38 of 43 known tags, yet (\d+) of \1 asked/,
    },
    {
      name: 'a repository that is suddenly not there',
      fault: { kind: 'status', status: 404, code: 'NAME_UNKNOWN' },
      outcome: 'suspect',
      reason: /lacks 43 of 43/,
    },
  ];
  for (const { name, fault, outcome, reason } of faults) {
    it(`change nothing because of ${name}`, async () => {
      house.server.pushImage({
        repository: 'team/app',
        tag: 'v00',
        alsoTags: Array.from({ length: 39 }, (_, index) => `v${String(index + 1).padStart(2, '0')}`),
      });
      await scan();
      const mend = house.server.faults.add({ match: tags, fault });
      for (let time = 0; time < 2; time += 1) {
        const spoiled = await scan();
        assert.deepEqual([spoiled.status, spoiled.outcome, spoiled.gone], [3, outcome, 0]);
        assert.match(spoiled.reason ?? '', reason);
      }
      mend();
      const after = await scan();
      assert.deepEqual([after.outcome, after.tags, after.appeared, after.gone], ['complete', 43, 0, 0]);
    });
  }

  it('accept at once a list that lost most of its tags, where a person says so', async () => {
    house.server.seedTags('team/app', 100, (number) => `v${number}`);
    assert.equal((await scan()).tags, 103);
    house.server.faults.add({ match: tags, fault: { kind: 'truncated-tags', keep: 2 } });
    const doubted = await scan();
    assert.deepEqual([doubted.status, doubted.outcome], [3, 'suspect']);
    const advice = `: holdfast scan ${repository()} --accept-shrunk`;
    assert.ok(doubted.reason?.endsWith(advice), doubted.reason);
    const accepted = await scan('--accept-shrunk', '--digests', 'none');
    const { status, outcome, tags: left, gone } = accepted;
    assert.deepEqual([status, outcome, left, gone], [0, 'complete', 2, 101]);
    assert.equal((await scan()).outcome, 'complete');
  });

  it('keep a tag that the list forgot for a moment', async () => {
    await scan();
    const mend = house.server.faults.add({ match: tags, fault: { kind: 'forget-tag', tag: '1.1' } });
    const forgetful = await scan();
    assert.deepEqual([forgetful.outcome, forgetful.gone], ['complete', 0]);
    mend();
    const { stdout } = await house.run('history', `${repository()}:1.1`, '-o', 'json');
    assert.deepEqual(JSON.parse(stdout).listed, [{ appearedAt: '2026-11-21T11:49:00Z' }]);
  });

  it('read a registry that does not sort, in pages and in one answer', async () => {
    house.server.seedTags('team/app', 2500, (number) => `s${(number * 7919) % 2500}`);
    const paged = { kind: 'page-limit', max: 100, above: 'cap' } as const;
    house.server.faults.add({ match: tags, fault: paged });
    house.server.faults.add({ match: tags, fault: { kind: 'unsorted-tags', within: 'list' } });
    const first = await scan();
    assert.deepEqual([first.outcome, first.appeared, first.tags], ['complete', first.tags, first.tags]);
    house.server.pushImage({ repository: 'team/app', tag: 'new' });
    house.server.deleteManifest('team/app', 'latest');
    const second = await scan();
    assert.deepEqual([second.outcome, second.appeared, second.gone], ['complete', 1, 1]);
    const third = await scan();
    assert.deepEqual([third.appeared + third.gone, third.skippedPages], [0, third.pages]);
  });

  it('say which digests could not be learned, and record the others', async () => {
    const match = { endpoint: 'manifest', target: '1.1' } as const;
    house.server.faults.add({ match, fault: { kind: 'status', status: 500 } });
    const result = await scan('--digests', 'all');
    assert.deepEqual([result.status, result.outcome, result.digestsAsked], [3, 'complete', 3]);
    assert.deepEqual(
      result.problems.map((problem) => problem.tag),
      ['1.1'],
    );
    assert.equal((await house.run('history', `${repository()}:latest`)).status, 0);
  });

  it('scan several repositories, and refuse what is none before asking anybody', async () => {
    house.server.pushImage({ repository: 'team/other', tag: '2.0' });
    const both = await house.run('scan', repository(), `${house.server.host}/team/other`, '-o', 'json');
    assert.deepEqual(
      JSON.parse(both.stdout).scans.map((one: Scan) => [one.outcome, one.tags]),
      [
        ['complete', 3],
        ['complete', 1],
      ],
    );
    assert.equal((await house.run('scan', 'Not/A/Repository')).status, 2);
    assert.equal((await house.run('scan', repository(), '--watch', '[a]')).status, 2);
    const none = await house.run('scan', `${house.server.host}/team/none`);
    assert.deepEqual([none.status, /knows no such repository/.test(none.stdout)], [3, true]);
  });

  for (const { name, kill, status, error } of [
    { name: 'Ctrl-C with status 130', kill: 'SIGINT', status: 130, error: 'interrupted' },
    { name: 'a kill that nobody can catch', kill: 'SIGKILL', status: null, error: undefined },
  ] as const) {
    it(`end by ${name}, with a ledger that is whole`, async () => {
      await scan();
      house.server.seedTags('team/app', 500, (number) => `t${number}`);
      house.server.faults.add({ match: tags, fault: { kind: 'page-limit', max: 100, above: 'cap' } });
      const mend = house.server.faults.add({
        match: tags,
        skip: 2,
        fault: { kind: 'stall', afterBytes: 10 },
      });
      const path = join(house.folder, 'state', 'ledger.db');
      const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
      const words = [stub, 'scan', repository(), '--ledger', path];
      house.server.requests.clear();
      const child = spawn(process.execPath, words, { env: { HOME: house.folder, PATH: '' } });
      await untilPages(3);
      child.kill(kill);
      assert.deepEqual((await once(child, 'exit'))[0], status);
      const ledger = new SqliteLedger(path);
      const where = parseRepository(repository());
      assert.equal((await ledger.listTags(where, undefined, 10)).length, 3);
      assert.equal((await ledger.listScans(where, 1))[0]?.error, error);
      await ledger.close();
      mend();
      assert.deepEqual([(await scan()).appeared, (await scan()).appeared], [500, 0]);
    });
  }

  /** Until the registry was asked for so many pages: by its own log, not by a clock. */
  async function untilPages(count: number): Promise<void> {
    const pages = () => house.server.requests.list().filter((one) => one.path.includes('tags/list'));
    while (pages().length < count) await new Promise((resolve) => setImmediate(resolve));
  }
});
