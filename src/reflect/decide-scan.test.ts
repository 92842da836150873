import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideScan, type ObservedRepository } from './decide-scan.ts';

const now = Date.UTC(2026, 0, 2);
const published = {
  canonicalName: 'example.com/foo/bar',
  exclusionList: ['a', 'b'],
  revision: '1',
  scannedAt: now - 10_000,
};
const settled: ObservedRepository = {
  now,
  intervalMs: 60_000,
  canonicalName: 'example.com/foo/bar',
  exclusionList: ['b', 'a'],
  requestedAt: 'then',
  lastHandledReconcileAt: 'then',
  isScanOwed: false,
  hasFailed: false,
  hasOtherAccess: false,
  published,
  recorded: { tagCount: 3, revision: '1' },
};

type Case = {
  readonly name: string;
  readonly given: Partial<ObservedRepository>;
  readonly expected: string | number;
};

const cases: readonly Case[] = [
  { name: 'waits for the rest of the interval', given: {}, expected: 50_000 },
  { name: 'scans what was never scanned', given: { published: undefined }, expected: 'first scan' },
  { name: 'scans on a new request', given: { requestedAt: 'now' }, expected: 'reconcile requested' },
  {
    name: 'scans on a request that was emptied',
    given: { requestedAt: '' },
    expected: 'reconcile requested',
  },
  {
    name: 'takes an empty request for none where there was none',
    given: { requestedAt: '', lastHandledReconcileAt: undefined },
    expected: 50_000,
  },
  { name: 'passes over a request that is gone', given: { requestedAt: undefined }, expected: 50_000 },
  { name: 'scans what it owes', given: { isScanOwed: true }, expected: 'requested while suspended' },
  { name: 'scans another image', given: { canonicalName: 'example.com/other' }, expected: 'new image name' },
  {
    name: 'scans under other exclusions',
    given: { exclusionList: ['a'] },
    expected: 'updated exclusion list',
  },
  {
    name: 'scans under exclusions of which one is given twice',
    given: { exclusionList: ['a', 'b', 'b'] },
    expected: 'updated exclusion list',
  },
  {
    name: 'scans with an empty ledger',
    given: { recorded: { tagCount: 0, revision: '0' } },
    expected: 'no tags in database',
  },
  {
    name: 'scans with a ledger of other tags than the status tells of',
    given: { recorded: { tagCount: 2, revision: '2' } },
    expected: 'the ledger holds other tags than the last scan saw',
  },
  {
    name: 'scans nothing for a repository without tags before its time',
    given: { published: { ...published, revision: '0' }, recorded: { tagCount: 0, revision: '0' } },
    expected: 50_000,
  },
  { name: 'tries again after a failure', given: { hasFailed: true }, expected: 'the last attempt failed' },
  { name: 'scans after the interval', given: { intervalMs: 9_000 }, expected: 'triggered by interval' },
  {
    name: 'takes the last second of an interval as over',
    given: { intervalMs: 10_999 },
    expected: 'triggered by interval',
  },
  { name: 'does not take a whole second as over', given: { intervalMs: 11_000 }, expected: 1_000 },
  {
    name: 'scans when the clock was set back',
    given: { published: { ...published, scannedAt: now + 86_400_000 } },
    expected: 'triggered by interval',
  },
];

describe('decideScan', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const decision = decideScan({ ...settled, ...given });
      assert.equal(decision.kind === 'scan' ? decision.reason : decision.forMs, expected);
    });
  }
});
