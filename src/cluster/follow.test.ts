import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { configMap, configMaps, namespace } from '../../test/cluster/contract-objects.ts';
import type { FakeApiServer } from '../../test/cluster/fake-api-server.ts';
import type { FakeApiOptions } from '../../test/cluster/fake-options.ts';
import { refuse } from '../../test/cluster/fake-refusal.ts';
import { openFake } from '../../test/cluster/open-fake.ts';
import { type ManualTiming, manualTiming } from '../../test/manual-timing.ts';
import { type Log, silentLog } from '../log.ts';
import { type FollowOptions, follow } from './follow.ts';
import type { KubernetesClient } from './kubernetes-client.ts';

type Followed = {
  readonly client: KubernetesClient;
  readonly server: FakeApiServer;
  readonly timing: ManualTiming;
  /** What was told so far, as `+name`, `-name`, `synced`, `failed N`, `well`. */
  readonly told: string[];
  /** Waits until so much was told. */
  readonly until: (count: number) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly ended: Promise<void>;
};

async function start(
  context: TestContext,
  intercept?: FakeApiOptions['intercept'],
  options: Partial<FollowOptions> = {},
): Promise<Followed> {
  const objects = { configmaps: [configMap('first')] };
  const { server, client } = await openFake(context, { objects, ...(intercept && { intercept }) });
  const timing = manualTiming();
  const caller = new AbortController();
  const told: string[] = [];
  let wake = (): void => undefined;
  const tell = (what: string): void => {
    told.push(what);
    wake();
  };
  const following = follow(client, configMaps, {
    signal: caller.signal,
    timing,
    log: silentLog,
    onChange: ({ metadata }) => tell(`+${String(metadata['name'])}`),
    onRemoved: ({ name }) => tell(`-${name}`),
    onSynced: () => tell('synced'),
    onFailures: (failures) => tell(failures === 0 ? 'well' : `failed ${failures}`),
    ...options,
  });
  // Awaited by those who end it.
  following.catch(() => undefined);
  context.after(() => caller.abort());
  return {
    client,
    server,
    timing,
    told,
    async until(count) {
      while (told.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async end() {
      caller.abort();
      await following;
    },
    ended: following,
  };
}

describe('following a kind', () => {
  it('tells what is there, then what changes, and ends when it is told to', {
    timeout: 20_000,
  }, async (context) => {
    const { client, server, told, until, end } = await start(context);
    await server.nextWatch();
    assert.deepEqual(told, ['+first', 'synced']);
    await client.create(configMaps, namespace, configMap('second'));
    await until(3);
    await client.mergePatch(
      configMaps,
      { namespace, name: 'first' },
      { data: { key: 'value' } },
      { fieldManager: 'test' },
    );
    await until(4);
    await client.remove(configMaps, { namespace, name: 'second' });
    await until(5);
    await end();
    assert.deepEqual(told.slice(2), ['+second', '+first', '-second']);
  });

  it('goes on where it was after a cut, and tells nothing twice', { timeout: 20_000 }, async (context) => {
    const { client, server, timing, told, until, end } = await start(context);
    await server.nextWatch();
    server.cutWatches();
    await client.create(configMaps, namespace, configMap('second'));
    await until(3);
    await timing.advance(30_000);
    await until(5);
    await end();
    assert.deepEqual(told, ['+first', 'synced', 'failed 1', 'well', '+second']);
    assert.equal(server.requests.filter((path) => path.includes('limit=')).length, 1);
  });

  it('tells what went while the server forgot, and what came in its place', {
    timeout: 20_000,
  }, async (context) => {
    const { client, server, timing, told, until, end } = await start(context);
    await server.nextWatch();
    server.cutWatches();
    await until(3);
    await client.remove(configMaps, { namespace, name: 'first' });
    await client.create(configMaps, namespace, configMap('second'));
    server.forget();
    await timing.advance(30_000);
    await until(4);
    await timing.advance(30_000);
    await until(7);
    await end();
    assert.deepEqual(told.slice(2, 4), ['failed 1', 'failed 2']);
    assert.deepEqual(told.slice(4).toSorted(), ['+second', '-first', 'well']);
  });

  it('tells that another object took the name of one that went meanwhile', {
    timeout: 20_000,
  }, async (context) => {
    const { client, server, timing, told, until, end } = await start(context);
    await server.nextWatch();
    server.cutWatches();
    await until(3);
    await client.remove(configMaps, { namespace, name: 'first' });
    await client.create(configMaps, namespace, configMap('first'));
    server.forget();
    await timing.advance(30_000);
    await until(4);
    await timing.advance(30_000);
    await until(7);
    await end();
    assert.deepEqual(told.slice(4), ['-first', '+first', 'well']);
  });

  it('waits longer each time for a server that is away or forbids, up to a limit', {
    timeout: 20_000,
  }, async (context) => {
    let isAway = true;
    const hints = new Set<unknown>();
    const log: Log = { write: (_level, _message, fields) => void hints.add(fields?.['hint']) };
    const { timing, told, until, end } = await start(
      context,
      (_url, response, nth) => {
        if (!isAway) return false;
        if (nth % 2 === 0) refuse(response, 503, 'ServiceUnavailable', 'starting');
        else refuse(response, 403, 'Forbidden', 'not yet');
        return true;
      },
      { log },
    );
    const waits: (number | undefined)[] = [];
    for (let failures = 1; failures <= 8; failures += 1) {
      await until(failures);
      // The wait is planned right after the failure is told.
      await timing.advance(0);
      waits.push(timing.nextInMs());
      if (failures === 8) isAway = false;
      await timing.advance(timing.nextInMs() ?? 0);
    }
    assert.deepEqual(waits, [400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
    await until(11);
    assert.deepEqual(told.slice(8), ['+first', 'synced', 'well']);
    assert.match([...hints].join('\n'), /rights in deploy\/base/);
    assert.doesNotMatch([...hints].join('\n'), /-n NAMESPACE/);
    await end();
  });

  it('lists again where the server refuses to go on from a place, for whatever reason', {
    timeout: 20_000,
  }, async (context) => {
    let refused: string | null = null;
    const { client, timing, told, until, end } = await start(context, (url, response) => {
      const from = url.searchParams.get('resourceVersion');
      if (!url.searchParams.has('watch') || (refused ??= from) !== from) return false;
      refuse(response, 400, 'BadRequest', 'invalid resource version');
      return true;
    });
    await until(3);
    await client.create(configMaps, namespace, configMap('second'));
    await timing.advance(30_000);
    await until(5);
    await end();
    assert.deepEqual(told, ['+first', 'synced', 'failed 1', '+second', 'well']);
  });

  it('does not ask in a circle where watches end at once', { timeout: 20_000 }, async (context) => {
    const { server, timing, told, until, end } = await start(context, (url, response) => {
      if (!url.searchParams.has('watch')) return false;
      response.end();
      return true;
    });
    await until(3);
    await timing.advance(0);
    assert.deepEqual(told, ['+first', 'synced', 'failed 1']);
    assert.equal(server.requests.length, 2);
    assert.equal(timing.nextInMs(), 400);
    await end();
  });

  it('fails with what a callback throws: a mistake of ours is not waited out', {
    timeout: 20_000,
  }, async (context) => {
    const { ended } = await start(context, undefined, {
      onSynced() {
        throw new Error('a mistake');
      },
    });
    await assert.rejects(ended, /a mistake/);
  });
});
