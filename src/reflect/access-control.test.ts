import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessQuestion, findAccessProblem } from './access-control.ts';

const question: AccessQuestion = {
  repository: { namespace: 'theirs', name: 'app' },
  accessFrom: undefined,
  fromNamespace: 'mine',
  labels: { tenant: 'a', env: 'test' },
  noCrossNamespaceRefs: false,
};

const cases: readonly { name: string; given: Partial<AccessQuestion>; expected: RegExp | undefined }[] = [
  {
    name: 'admits its own namespace',
    given: { fromNamespace: 'theirs', noCrossNamespaceRefs: true },
    expected: undefined,
  },
  {
    name: 'admits nobody by default',
    given: {},
    expected: /^'theirs\/app' can't be accessed due to missing ACL labels/,
  },
  {
    name: 'admits nobody by an empty list',
    given: { accessFrom: [] },
    expected: /ACL labels mismatch on namespace 'mine'$/,
  },
  { name: 'admits everybody by an empty selector', given: { accessFrom: [{}] }, expected: undefined },
  {
    name: 'wants every label of a selector',
    given: { accessFrom: [{ tenant: 'a', env: 'prod' }] },
    expected: /mismatch/,
  },
  {
    name: 'is content with one selector of several',
    given: { accessFrom: [{ x: 'y' }, { env: 'test' }] },
    expected: undefined,
  },
  {
    name: 'admits nobody where crossing is forbidden',
    given: { accessFrom: [{}], noCrossNamespaceRefs: true },
    expected: /cross-namespace references have been blocked$/,
  },
];

describe('accessFrom', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const problem = findAccessProblem({ ...question, ...given });
      if (expected === undefined) assert.equal(problem, undefined);
      else assert.match(problem ?? '', expected);
    });
  }
});
