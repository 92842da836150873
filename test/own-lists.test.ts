import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { scanRepository } from '../src/ledger/scan.ts';
import { digestOf } from '../src/reference/digest.ts';
import { parseRepository } from '../src/reference/repository.ts';
import { parseTag } from '../src/reference/tag.ts';
import { type ListOwner, ledgerFor, ownListKey } from '../src/reflect/tag-list.ts';
import { openTestClient } from './open-test-client.ts';
import { openPinningHouse, type PinningHouse } from './pinning-house.ts';

describe('lists that an ImageRepository does not share', () => {
  let house: PinningHouse;
  const name = (): string => `${house.server.host}/team/app`;
  const web = { namespace: 'team', name: 'web' };
  const dotted = { namespace: 'other', name: 'web.blue' };

  beforeEach(async () => {
    house = await openPinningHouse();
    house.server.seedTags('team/app', 30, (number) => `1.${number}.0`);
  });
  afterEach(() => house.close());

  /** As the controller records what an object with `spec.insecure` sees. */
  async function scanAs(
    owner: ListOwner,
    { observing }: { readonly observing?: string } = {},
  ): Promise<void> {
    const repository = parseRepository(name());
    const key = ownListKey(repository, owner);
    const ledger = await openLedger(join(house.folder, 'state', 'ledger.db'), { env: {}, cwd: house.folder });
    const { client } = openTestClient();
    const places = { lister: client, ledger: ledgerFor(ledger, key), clock: house.clock };
    const { outcome } = await scanRepository(places, repository, { digests: 'none' });
    assert.equal(outcome, 'complete');
    if (observing !== undefined) {
      const digest = digestOf(Buffer.from(observing));
      const observedAt = house.clock.now();
      const sighting = {
        repository: key,
        tag: parseTag('1.0.0'),
        digest,
        observedAt,
        source: 'scan',
      } as const;
      await ledger.recordSightings([sighting]);
    }
    await client.close();
    await ledger.close();
  }

  it('stand in the history of a tag, which says whose they are', async () => {
    await scanAs(web, { observing: 'one' });
    house.clock.advance(60_000);
    await scanAs(web, { observing: 'two' });
    const table = await house.run('history', `${name()}:1.0.0`);
    assert.equal(table.status, 0);
    assert.match(
      table.stdout,
      /^\S+:1\.0\.0 as ImageRepository team\/web sees it: moved once, listed since /,
    );
    const json = await house.run('history', `${name()}:1.0.0`, '-o', 'json');
    const { known, observations, moves, views } = JSON.parse(json.stdout);
    assert.deepEqual([known, observations, moves], [true, [], 0]);
    assert.deepEqual(
      views.map((view: { imageRepository: unknown; moves: number; observations: unknown[] }) => [
        view.imageRepository,
        view.moves,
        view.observations.length,
      ]),
      [[web, 1, 2]],
    );
  });

  it('stand in a history each, beside what is shared', async () => {
    await house.run('scan', name());
    await scanAs(web);
    await scanAs(dotted);
    const { stdout } = await house.run('history', `${name()}:1.0.0`);
    const heads = stdout.split('\n').filter((line) => line.includes('1.0.0'));
    assert.deepEqual(
      heads.map((line) => / as ImageRepository (\S+) /.exec(line)?.[1]),
      [undefined, 'other/web.blue', 'team/web'],
    );
    const at = await house.run('history', `${name()}:9.9.9`);
    assert.deepEqual([at.status, at.stdout.split('\n').length], [3, 2]);
  });

  it('are selected from, each', async () => {
    await scanAs(web);
    const alone = await house.run('select', name(), '--semver', '1.x', '--from-ledger');
    assert.deepEqual(alone, {
      status: 0,
      stdout: '1.29.0\n',
      stderr: 'holdfast: as ImageRepository team/web sees it\n',
    });
    house.server.seedTags('team/app', 40, (number) => `1.${number}.0`);
    await scanAs(dotted);
    await house.run('scan', name(), '--digests', 'none');
    const several = await house.run('select', name(), '--semver', '1.x', '--from-ledger');
    assert.equal(several.status, 0);
    assert.deepEqual(
      several.stdout.split('\n').filter((line) => line !== ''),
      [
        'the list that ImageRepositories and commands share:',
        '1.39.0',
        'as ImageRepository other/web.blue sees it:',
        '1.39.0',
        'as ImageRepository team/web sees it:',
        '1.29.0',
      ],
    );
    const json = await house.run('select', name(), '--semver', '1.x', '--from-ledger', '-o', 'json');
    const { selected, views, imageRepository } = JSON.parse(json.stdout);
    assert.deepEqual([selected.tag, imageRepository], ['1.39.0', undefined]);
    assert.deepEqual(
      views.map((view: { imageRepository: unknown; selected: { tag: string } }) => [
        view.imageRepository,
        view.selected.tag,
      ]),
      [
        [dotted, '1.39.0'],
        [web, '1.29.0'],
      ],
    );
  });

  it('are accepted by a person, though they shrank', async () => {
    await scanAs(web);
    house.server.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'truncated-tags', keep: 3 } });
    const words = ['scan', name(), '--image-repository', 'team/web'] as const;
    const doubted = await house.run(...words);
    assert.equal(doubted.status, 3);
    assert.match(doubted.stdout, /holdfast scan \S+ --accept-shrunk --image-repository team\/web\n/);
    assert.equal((await house.run(...words, '--accept-shrunk')).status, 0);
    const { stdout } = await house.run('select', name(), '--semver', '1.x', '--from-ledger', '-o', 'json');
    const { considered, imageRepository } = JSON.parse(stdout);
    assert.deepEqual([considered, imageRepository], [3, web]);
  });

  it('are begun by their controllers alone', async () => {
    await scanAs(web);
    const { status, stderr } = await house.run('scan', name(), '--image-repository', 'team/wbe');
    assert.equal(status, 2);
    assert.match(stderr, /is ImageRepository team\/wbe's own\n {2}hint: it has: team\/web/);
    assert.equal((await house.run('scan', name(), '--image-repository', 'web')).status, 2);
  });
});
