import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault, FaultMatch } from './fault.ts';
import { FaultRules, type FaultSubject } from './fault-rules.ts';

const subject: FaultSubject = {
  endpoint: 'manifest',
  method: 'GET',
  repository: 'team/app',
  target: '1.0',
  isChallenged: false,
};
const busy: Fault = { kind: 'status', status: 503 };

describe('FaultRules', () => {
  const matches: { name: string; match: FaultMatch; given?: Partial<FaultSubject>; expected: boolean }[] = [
    { name: 'matches everything where nothing is said', match: {}, expected: true },
    { name: 'matches by repository', match: { repository: 'team/app' }, expected: true },
    { name: 'leaves other repositories alone', match: { repository: 'team/other' }, expected: false },
    { name: 'matches by tag', match: { target: '1.0' }, expected: true },
    { name: 'leaves other tags alone', match: { target: '1.1' }, expected: false },
    { name: 'matches by method', match: { method: 'HEAD' }, expected: false },
    { name: 'matches by endpoint', match: { endpoint: 'tags' }, expected: false },
    { name: 'wants all that is given', match: { endpoint: 'manifest', target: '2' }, expected: false },
    {
      name: 'leaves a request alone that only fetches a challenge',
      match: {},
      given: { isChallenged: true },
      expected: false,
    },
    {
      name: 'takes a ping although it is challenged',
      match: {},
      given: { endpoint: 'ping', isChallenged: true },
      expected: true,
    },
    {
      name: 'takes challenged requests where the rule is for them',
      match: { challenged: true },
      given: { isChallenged: true },
      expected: true,
    },
    {
      name: 'leaves others alone where the rule is for challenged requests',
      match: { challenged: true },
      expected: false,
    },
  ];
  for (const { name, match, given, expected } of matches) {
    it(name, () => {
      const rules = new FaultRules();
      rules.add({ match, fault: busy });
      assert.equal(rules.take({ ...subject, ...given }).all.length === 1, expected);
    });
  }

  it('skips the first requests, happens so often, and then no more', () => {
    const rules = new FaultRules();
    rules.add({ skip: 1, times: 2, fault: busy });
    const happened = Array.from({ length: 5 }, () => rules.take(subject).all.length);
    assert.deepEqual(happened, [0, 1, 1, 0, 0]);
  });

  it('counts only requests that can meet the fault', () => {
    const rules = new FaultRules();
    rules.add({ times: 1, fault: { kind: 'ignore-range' } });
    assert.equal(rules.take(subject).all.length, 0);
    assert.equal(rules.take({ ...subject, endpoint: 'blob' }).all.length, 1);
  });

  it('forgets a rule that was taken away, and keeps the others', () => {
    const rules = new FaultRules();
    const remove = rules.add({ fault: busy });
    rules.add({ fault: { kind: 'wrong-digest' } });
    remove();
    assert.deepEqual(rules.take(subject).all, [{ kind: 'wrong-digest' }]);
    rules.clear();
    assert.deepEqual(rules.take(subject).all, []);
  });
});
