import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../../src/registry-server/fault.ts';
import type { LoggedRequest } from '../../src/registry-server/request-log.ts';
import type { Random } from '../simulation/random.ts';
import { other, type Stage } from './stage.ts';
import { isOurs, type Variation } from './variation.ts';

/** What goes wrong between two pages: whatever is asked for after the first page meets it. */
const pageFaults: readonly {
  readonly fault: Fault;
  readonly isAnswered: (request: LoggedRequest) => boolean;
}[] = [
  { fault: { kind: 'status', status: 500 }, isAnswered: ({ status }) => status === 500 },
  {
    fault: { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 1 } },
    isAnswered: ({ status }) => status === 429,
  },
  { fault: { kind: 'close' }, isAnswered: () => true },
  { fault: { kind: 'cut-body', afterBytes: 20 }, isAnswered: () => true },
  {
    fault: { kind: 'link', form: 'other-origin', origin: 'http://127.0.0.1:1' },
    isAnswered: ({ status }) => status === 200,
  },
  { fault: { kind: 'link', form: 'loop' }, isAnswered: ({ status }) => status === 200 },
  { fault: { kind: 'link', form: 'malformed' }, isAnswered: ({ status }) => status === 200 },
  {
    fault: { kind: 'set-header', name: 'link', value: '</v2/team/nowhere/tags/list?n=3&last=0>; rel="next"' },
    isAnswered: ({ status }) => status === 200,
  },
];

/** The registry's answer while another replica takes over. */
export const listVariations: readonly Variation[] = [
  {
    name: 'a list that is cut short, with status 200',
    hasMutant: true,
    play: (stage, random) =>
      duringTakeOver(stage, random, { kind: 'truncated-tags', keep: 1 + random.below(3) }),
  },
  {
    name: 'an empty list',
    // With no tag at all there is none to go back to.
    hasMutant: false,
    play: (stage, random) =>
      duringTakeOver(stage, random, {
        kind: 'empty-tags',
        as: (['empty', 'null', 'absent'] as const)[random.below(3)] ?? 'empty',
      }),
  },
  {
    name: 'an error between two pages of the list',
    hasMutant: true,
    stage: { apps: pageFaults.length, pageMax: 2 },
    play: playPageFaults,
  },
  {
    name: 'a registry that forgets the newest tag for a minute',
    hasMutant: true,
    stage: { apps: 6 },
    play: playForgotten,
  },
];

/** Every list is answered so from before the leader dies until the next one has asked for each. */
async function duringTakeOver(stage: Stage, random: Random, fault: Fault): Promise<void> {
  stage.registry.requests.clear();
  const undo = stage.registry.faults.add({ match: { endpoint: 'tags' }, fault });
  const next = await stage.takeOver();
  for (const app of stage.apps) await stage.requestScan(app);
  await untilAsked(stage, ({ status }) => status === 200);
  await pause(random.below(500));
  undo();
  await stage.start(other(next));
}

async function playPageFaults(stage: Stage): Promise<void> {
  const { registry } = stage;
  await stage.catchUp();
  registry.requests.clear();
  const undo = pageFaults.map(({ fault }, index) =>
    registry.faults.add({ match: { endpoint: 'tags', repository: `team/app-${index}` }, skip: 1, fault }),
  );
  const next = await stage.takeOver();
  for (const app of stage.apps) await stage.requestScan(app);
  // All but the first page met it; a leader that lost the Lease meanwhile may have asked for that alone.
  await untilAsked(stage, (request, index, at) => at > 0 && pageFaults[index]?.isAnswered(request) === true);
  if (isOurs(stage.program)) {
    for (const app of stage.apps) {
      await stage.until(`the scan of ${app} fails`, async () => {
        const { conditions = [] } = await stage.status('imagerepositories', app);
        return conditions.some(({ type, reason }) => type === 'Ready' && reason === 'ReadOperationFailed');
      });
    }
  }
  for (const one of undo) one();
  await stage.start(other(next));
}

/** Until the list of every app was asked for, and answered as it should be. */
export async function untilAsked(
  stage: Stage,
  isIt: (request: LoggedRequest, index: number, at: number) => boolean,
): Promise<void> {
  for (const [index, app] of stage.apps.entries()) {
    await stage.until(`the list of ${app} is asked for`, () =>
      stage.registry.requests
        .list({ path: `/${stage.path(app)}/tags/list` })
        .some((request, at) => isIt(request, index, at)),
    );
  }
}

const minuteMs = 60_000;
/** The mutant goes back at once. */
const mutantForgetsMs = 3_000;

/** Each app's newest tag is away for a minute of its own, and the leader dies in the middle of it. */
async function playForgotten(stage: Stage, random: Random): Promise<void> {
  const { registry, apps } = stage;
  const awayMs = isOurs(stage.program) ? minuteMs : mutantForgetsMs;
  registry.requests.clear();
  const forgetting = apps.map(async (app) => {
    await pause(random.below(3000));
    const tag = stage.newest(app);
    const undo = registry.faults.add({
      match: { repository: stage.path(app) },
      fault: { kind: 'forget-tag', tag },
    });
    const until = performance.now() + awayMs;
    while (performance.now() < until) {
      await stage.requestScan(app);
      await pause(random.below(awayMs / 4));
    }
    const asked = registry.requests.count({ path: `/${stage.path(app)}/manifests/${tag}`, status: 404 });
    if (isOurs(stage.program)) {
      assert(asked > 0, `the registry denied ${tag} of ${app}, asked by name`);
      const { conditions = [], latestRef } = await stage.status('imagepolicies', app);
      assert.equal(
        conditions.find(({ type }) => type === 'holdfast.dev/Selection')?.reason,
        'RegressionRefused',
      );
      assert.equal(latestRef?.tag, tag);
    }
    undo();
  });
  await pause(random.below(awayMs / 2));
  const next = await stage.takeOver();
  await stage.start(other(next));
  await Promise.all(forgetting);
}
