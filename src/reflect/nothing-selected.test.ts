import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GuardOutcome } from '../policy/guard.ts';
import { type NothingSelected, nothingSelectedCondition } from './nothing-selected.ts';
import { publishedPolicy } from './selection-condition.ts';

const unmatched: GuardOutcome = { kind: 'keep', because: 'nothing-offered' };
const unseen: GuardOutcome = { kind: 'keep', because: 'not-seen-whole' };
const second = 1000;

const offer: NothingSelected['offer'] = {
  summary: { revision: '1', tagCount: 12, latestTags: [] },
  filtered: 2,
  rejections: [
    { reason: 'does not match the filter', count: 10, example: 'dev' },
    { reason: 'is no semantic version', count: 2, example: '1.x' },
  ],
  waiting: undefined,
  ripeAt: undefined,
};
const repository: NothingSelected['repository'] = { name: 'apps/web', isSuspended: false, ready: undefined };
const failing = { status: 'False', reason: 'ReadOperationFailed', message: 'scan failed: 401' } as const;

const rows: readonly {
  readonly name: string;
  readonly given: Partial<NothingSelected>;
  readonly says: string;
}[] = [
  {
    name: 'how many tags there are, how many pass the filter, and what stands against them',
    given: {},
    says: 'NothingMatches none of 12 tags matches, and 2 pass the filter; dev does not match the filter (10 tags); 1.x is no semantic version (2 tags)',
  },
  {
    name: 'nothing of a filter that lets all through',
    given: { offer: { ...offer, summary: { ...offer.summary, tagCount: 1 }, filtered: 1, rejections: [] } },
    says: 'NothingMatches none of 1 tag matches',
  },
  {
    name: 'that there is no tag',
    given: { offer: { ...offer, summary: { ...offer.summary, tagCount: 0 }, filtered: 0, rejections: [] } },
    says: 'NothingMatches there is no tag, or exclusionList leaves none',
  },
  {
    name: 'that nothing was scanned yet',
    given: { verdict: unseen },
    says: 'NotSeenWhole ImageRepository apps/web is not scanned yet',
  },
  {
    name: 'with what the repository fails',
    given: { verdict: unseen, repository: { ...repository, ready: failing } },
    says: 'NotSeenWhole ImageRepository apps/web fails with ReadOperationFailed: scan failed: 401',
  },
  {
    name: 'that the repository is suspended, whatever it says of before',
    given: { verdict: unseen, repository: { ...repository, isSuspended: true, ready: failing } },
    says: 'NotSeenWhole ImageRepository apps/web is suspended, and has no scan of its image and exclusions',
  },
  {
    name: 'until when the best tag waits, and that another is old enough before',
    given: { offer: { ...offer, waiting: { tag: '1.1.0', ripeAt: 9 * second }, ripeAt: 5 * second } },
    says: 'AwaitingAge 1.1.0 waits until 1970-01-01T00:00:09Z, younger than holdfast.dev/minimum-age asks for; the first one is old enough at 1970-01-01T00:00:05Z',
  },
  {
    name: 'that a consent names what is not there',
    given: { verdict: { kind: 'keep', because: 'consented-tag-missing' } },
    says: 'AnnotationInvalid the consent names a tag that the registry does not have',
  },
  {
    name: 'what annotations it does not understand, at the end',
    given: { verdict: unseen, problems: ['annotation holdfast.dev/hodl is not known'] },
    says: 'NotSeenWhole ImageRepository apps/web is not scanned yet; annotation holdfast.dev/hodl is not known',
  },
];

describe('the condition of a policy that selects nothing', () => {
  for (const { name, given, says } of rows) {
    it(`says ${name}`, () => {
      const nothing = { verdict: unmatched, repository, offer, problems: [], ...given };
      const { status, reason, message, type } = nothingSelectedCondition(nothing);
      const start = 'nothing is selected: ';
      assert.ok(message.startsWith(start));
      assert.equal(`${reason} ${message.slice(start.length)}`, says);
      assert.equal(status, 'False');
      const written = { type, status, reason, message, lastTransitionTime: '' };
      assert.equal(publishedPolicy([written], 'nothing'), undefined);
    });
  }
});
