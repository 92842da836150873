/** Where ours is meant to say something else than Flux's reflector 1.2.0. Everything listed must still occur. */
import type { Difference, LeftToChance } from './compare.ts';
import { access } from './differences/access.ts';
import { edits } from './differences/edits.ts';
import { lists } from './differences/lists.ts';
import { scans, staysFailed } from './differences/scans.ts';
import { selections } from './differences/selections.ts';
import { everywhere, shown } from './differences/shown.ts';
import { strange } from './differences/strange.ts';
import type { ExpectedDifference } from './expected-difference.ts';
import { wordings } from './wordings.ts';

/** What the reference does one way or the other. */
export const leftToChance: readonly LeftToChance[] = [
  {
    point: /^(events|posts)\/.*: retrying in 30s error: no tags in database( \{.*\})?$/,
    because: 'a policy may be looked at before the first scan ends, and holds a worker for five seconds then',
  },
  {
    point: /conditions\/Reconciling\/message$/,
    because: 'it says at which of several attempts it is looked at',
  },
  {
    scenario: 'deleted in every state',
    look: 'gone',
    point: /^requests\/HEAD .*: 404$/,
    because: 'what fails is tried again until it is deleted, or is deleted before',
  },
  {
    scenario: 'digests over time',
    look: 'by other policies',
    point: /^requests\/HEAD .*\/1\.0\.0: 200$/,
    because: 'the policy that asks every three seconds may do so once more before it becomes another',
  },
];

export const expectedDifferences: readonly ExpectedDifference[] = [
  ...staysFailed,
  ...lists,
  ...selections,
  ...access,
  ...edits,
  ...strange,
  ...scans,
  ...shown,
  ...everywhere,
];

export function isExpected(difference: Difference, expected: ExpectedDifference): boolean {
  return (
    (expected.scenarios ?? [difference.scenario]).includes(difference.scenario) &&
    (expected.look ?? difference.look) === difference.look &&
    fits(difference.point, expected.point) &&
    fits(difference.reference, expected.reference) &&
    fits(difference.ours, expected.ours)
  );
}

function fits(text: string | undefined, expected: string | RegExp | undefined): boolean {
  return typeof expected === 'object' ? text !== undefined && expected.test(text) : text === expected;
}

/** Which of the wordings, by its place in the list, explain a difference: those that share one side may be several. */
export function wordingsOf({ point, reference, ours }: Difference): readonly number[] {
  const event = /^(?:events\/Warning|posts\/error) \w+ \w+\/[\w-]+: ([^]*)$/.exec(point)?.[1];
  const isMessage = /\/conditions\/(Ready|Stalled)\/message$/.test(point);
  return wordings.flatMap((wording, index) => {
    const isSaid = isMessage && reference === wording.reference && ours === wording.ours;
    const isTold = event !== undefined && event === (ours === undefined ? wording.reference : wording.ours);
    return isSaid || isTold ? [index] : [];
  });
}

/** What is listed and did not occur, in words. */
export function staleExpectations(differences: readonly Difference[]): readonly string[] {
  const stale = expectedDifferences.flatMap((expected) => {
    const met = differences.filter((one) => isExpected(one, expected));
    const missing = (expected.scenarios ?? []).filter(
      (name) => !met.some(({ scenario }) => scenario === name),
    );
    const where = missing.length > 0 ? `in ${missing.join(', ')}` : 'anywhere';
    return met.length === 0 || missing.length > 0 ? [`${expected.point} ${where}`] : [];
  });
  const used = new Set(differences.flatMap(wordingsOf));
  return [...stale, ...wordings.filter((_wording, index) => !used.has(index)).map(({ ours }) => ours)];
}
