import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseImagePolicy } from '../api/image-policy.ts';
import { makeOwnStatuses, type WriteOutcome } from './own-statuses.ts';

const hourMs = 3_600_000;

/** What happens to one object, step by step: a version that the cluster tells, or a write of ours and its end. */
type Step =
  | { readonly told: Version; readonly isOurs?: boolean }
  | { readonly writes: Version | 'refused' | 'unknown'; readonly meanwhile?: Version }
  | { readonly passes: number }
  | 'forgotten';

/** Its resourceVersion, and when its status was last signed as ours. */
type Version = readonly [resourceVersion: number, time: string];

const said = 'another Holdfast writes the status of ImagePolicy apps/app too';

const cases: readonly { readonly name: string; readonly given: readonly Step[]; readonly says: number }[] = [
  {
    name: 'is told by what is signed as ours and was not written by us, once an hour',
    given: [
      { writes: [5, '10:00:00'] },
      { told: [6, '10:00:07'] },
      { told: [7, '10:00:08'] },
      { passes: hourMs },
      { told: [8, '11:00:08'] },
    ],
    says: 2,
  },
  {
    name: 'is nobody where the cluster tells late what we wrote ourselves',
    given: [
      { writes: [5, '10:00:00'] },
      { writes: [6, '10:00:05'] },
      { told: [5, '10:00:00'] },
      { told: [6, '10:00:05'] },
    ],
    says: 0,
  },
  {
    name: 'is nobody where the cluster tells what we write before it answers us',
    given: [{ writes: [5, '10:00:00'] }, { writes: [6, '10:00:05'], meanwhile: [6, '10:00:05'] }],
    says: 0,
  },
  {
    name: 'is told by what comes between, where it makes us lose a race',
    given: [{ writes: [5, '10:00:00'] }, { writes: 'refused', meanwhile: [6, '10:00:05'] }],
    says: 1,
  },
  {
    name: 'is nobody where nobody knows what came of our write',
    given: [{ writes: [5, '10:00:00'] }, { writes: 'unknown' }, { told: [6, '10:00:05'] }],
    says: 0,
  },
  {
    name: 'is nobody who wrote before we did: a leader before us, or we before a restart',
    given: [{ told: [5, '10:00:00'] }, { told: [6, '10:00:05'] }],
    says: 0,
  },
  {
    name: 'is nobody who took over from us by right, also where we take over again',
    given: [
      { writes: [5, '10:00:00'] },
      { told: [6, '10:00:05'], isOurs: false },
      { told: [7, '10:00:09'] },
      { writes: [8, '10:00:10'] },
      'forgotten',
      { told: [9, '10:00:15'] },
    ],
    says: 0,
  },
  {
    name: 'is nobody where a person labels or empties what we wrote',
    given: [{ writes: [5, '10:00:00'] }, { told: [6, '10:00:00'] }],
    says: 0,
  },
];

describe('another Holdfast at our objects', () => {
  for (const { name, given, says } of cases) {
    it(name, () => {
      const lines: string[] = [];
      let now = 0;
      const statuses = makeOwnStatuses({
        log: { write: (_level, message) => lines.push(message) },
        clock: { now: () => now },
      });
      const look = (told: Version, isOurs = true): void =>
        statuses.look(version(told), parseImagePolicy(version(told)), () => isOurs);
      for (const step of given) {
        if (step === 'forgotten') statuses.forget('ImagePolicy', 'apps/app');
        else if ('passes' in step) now += step.passes;
        else if ('told' in step) look(step.told, step.isOurs);
        else {
          const end = statuses.begin(parseImagePolicy(version([1, '09:00:00'])));
          if (step.meanwhile !== undefined) look(step.meanwhile);
          end(outcomeOf(step.writes));
        }
      }
      assert.deepEqual(
        lines,
        Array.from({ length: says }, () => said),
      );
    });
  }
});

function outcomeOf(writes: Version | 'refused' | 'unknown'): WriteOutcome {
  return typeof writes === 'string' ? { kind: writes } : { kind: 'written', object: version(writes) };
}

function version([resourceVersion, time]: Version) {
  const entry = { manager: 'holdfast', operation: 'Update', time: `2026-11-21T${time}Z` };
  const managedFields = [
    { ...entry, time: '2026-11-21T23:00:00Z' },
    { ...entry, subresource: 'status' },
  ];
  const metadata = {
    namespace: 'apps',
    name: 'app',
    uid: 'uid',
    generation: 1,
    resourceVersion: String(resourceVersion),
    managedFields,
  };
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata,
    spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '*' } } },
  };
}
