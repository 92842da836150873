import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeRanking } from '../policy/ranking.ts';
import { decidePolicy, type ObservedPolicy, type PolicyAction } from './decide-policy.ts';

const policy = 'P';
const at = (tag: string) => ({ tag, policy });

const settled: ObservedPolicy = {
  now: 100,
  policy,
  ranking: makeRanking({ order: { kind: 'semver', range: '>=1.0.0' } }),
  published: at('1.2.0'),
  recorded: at('1.2.0'),
  scan: { kind: 'complete', startedAt: 90, revision: 'r', publishedRevision: 'r' },
  offered: { tag: '1.2.0', value: '1.2.0' },
  waiting: undefined,
  asked: new Map(),
  hold: undefined,
  consent: undefined,
  onMissing: 'Hold',
};

const offer = (tag: string) => ({ offered: { tag, value: tag } });
const waits = (tag: string) => ({ waiting: { tag, ripeAt: 500 } });
const answer = (tag: string, presence: 'present' | 'absent' | 'unknown') => ({
  asked: new Map([[tag, presence]]),
});
const foreign = { kind: 'complete', startedAt: 90, revision: 'old', publishedRevision: 'r' } as const;

const rows: readonly {
  readonly name: string;
  readonly given: Partial<ObservedPolicy>;
  readonly does: readonly string[];
}[] = [
  { name: 'does nothing where all is as it should be', given: {}, does: [] },
  { name: 'records before it publishes', given: offer('1.3.0'), does: ['record 1.3.0', 'publish 1.3.0'] },
  {
    name: 'publishes what a crash left unpublished',
    given: { recorded: at('1.3.0'), ...offer('1.3.0') },
    does: ['publish 1.3.0'],
  },
  {
    name: 'scans first where the ledger is not what was published',
    given: { scan: foreign, ...offer('1.1.0') },
    does: ['scan'],
  },
  {
    name: 'scans first where the ledger is empty',
    given: {
      recorded: undefined,
      offered: undefined,
      scan: { ...foreign, kind: 'none', revision: undefined },
    },
    does: ['record 1.2.0', 'scan'],
  },
  {
    name: 'adopts what the status knows and the ledger does not',
    given: { recorded: undefined },
    does: ['record 1.2.0'],
  },
  { name: 'adopts a status above an old ledger', given: { recorded: at('1.1.0') }, does: ['record 1.2.0'] },
  {
    name: 'asks before it publishes what its ledger alone holds',
    given: { recorded: at('1.3.0') },
    does: ['ask 1.3.0'],
  },
  {
    name: 'publishes what its ledger alone holds where the tag is there',
    given: { recorded: at('1.3.0'), ...answer('1.3.0', 'present') },
    does: ['publish 1.3.0'],
  },
  {
    name: 'leaves the status where nobody could ask',
    given: { recorded: at('1.3.0'), ...answer('1.3.0', 'unknown') },
    does: [],
  },
  {
    name: 'goes by the status where the tag of its ledger is gone',
    given: { recorded: at('1.3.0'), ...answer('1.3.0', 'absent') },
    does: ['record 1.2.0'],
  },
  { name: 'asks for the held tag where a lower one is offered', given: offer('1.1.0'), does: ['ask 1.2.0'] },
  {
    name: 'does nothing where it refuses',
    given: { ...offer('1.1.0'), ...answer('1.2.0', 'present') },
    does: [],
  },
  {
    name: 'rolls back where the tag is gone and the policy says so',
    given: { ...offer('1.1.0'), ...answer('1.2.0', 'absent'), onMissing: 'Rollback' },
    does: ['record 1.1.0', 'publish 1.1.0'],
  },
  {
    name: 'takes no record of another policy for a mark',
    given: { recorded: { tag: '9.9.9', policy: 'Q' } },
    does: ['record 1.2.0'],
  },
  {
    name: 'goes by its ledger where the status was edited to a tag that the policy does not match',
    given: { published: { tag: 'latest', policy: undefined } },
    does: ['publish 1.2.0'],
  },
  {
    name: 'goes by a status whose tag the policy does not match where its ledger holds no other',
    given: {
      published: { tag: 'latest', policy: undefined },
      recorded: at('edge'),
      ...answer('latest', 'present'),
    },
    does: ['record latest', 'publish latest'],
  },
  {
    name: 'follows a changed policy back',
    given: { policy: 'Q', ...offer('1.1.0') },
    does: ['record 1.1.0', 'publish 1.1.0'],
  },
  {
    name: 'notes that a changed policy chose the same',
    given: { policy: 'Q' },
    does: ['record 1.2.0', 'publish 1.2.0'],
  },
  {
    name: 'changes nothing during a hold',
    given: { hold: { reason: 'a freeze', expiresAt: undefined }, ...offer('1.3.0') },
    does: [],
  },
  {
    name: 'goes back with consent once the tag was asked for',
    given: { consent: { tag: '1.0.0', by: 'me', reason: undefined }, ...answer('1.0.0', 'present') },
    does: ['record 1.0.0', 'publish 1.0.0'],
  },
  {
    name: 'does nothing where what is selected is younger than a minimum age',
    given: { ...offer('1.1.0'), ...waits('1.2.0') },
    does: [],
  },
  {
    name: 'adopts a status whose tag is too young for an empty ledger',
    given: { recorded: undefined, offered: undefined, ...waits('1.2.0') },
    does: ['record 1.2.0'],
  },
  {
    name: 'publishes what its ledger alone holds though it is too young',
    given: { published: undefined, offered: undefined, ...waits('1.2.0') },
    does: ['publish 1.2.0'],
  },
  { name: 'does nothing while a better tag is too young', given: waits('1.3.0'), does: [] },
  {
    name: 'asks for the held tag where only lower ones are left, too young or not',
    given: { offered: undefined, ...waits('1.1.0') },
    does: ['ask 1.2.0'],
  },
  {
    name: 'keeps the old policy while the best of the changed one is too young',
    given: { policy: 'Q', offered: undefined, ...waits('1.2.0') },
    does: [],
  },
  {
    name: 'makes a first selection',
    given: { published: undefined, recorded: undefined },
    does: ['record 1.2.0', 'publish 1.2.0'],
  },
];

function told(action: PolicyAction): string {
  switch (action.kind) {
    case 'scan':
      return 'scan';
    case 'ask':
      return `ask ${action.tag}`;
    case 'record':
    case 'publish':
      return `${action.kind} ${action.to.tag}`;
  }
}

describe('deciding a policy', () => {
  for (const { name, given, does } of rows) {
    it(name, () => {
      const { verdict, actions } = decidePolicy({ ...settled, ...given });
      assert.deepEqual(actions.map(told), does);
      assert.equal(verdict.kind === 'ask', does[0]?.startsWith('ask') ?? false);
    });
  }

  it('lets a policy choose afresh once a consent outside it is withdrawn', () => {
    const consent = { tag: '0.9.0', by: 'me', reason: undefined };
    const { actions } = decidePolicy({ ...settled, consent, ...answer('0.9.0', 'present') });
    const [record] = actions;
    assert.ok(record?.kind === 'record' && record.to.policy !== policy);
    const after = decidePolicy({ ...settled, published: record.to, recorded: record.to });
    assert.deepEqual(after.actions.map(told), ['record 1.2.0', 'publish 1.2.0']);
  });
});
