import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseImageUpdateAutomation, takesPolicy } from './image-update-automation.ts';

const policy = { namespace: 'apps', labels: { app: 'web', tier: 'front' } };

describe('an automation takes up', () => {
  const cases: readonly { name: string; namespace?: string; selector?: object; expected: boolean }[] = [
    { name: 'every policy of its namespace', expected: true },
    { name: 'none of another', namespace: 'shop', expected: false },
    { name: 'one with the labels it wants', selector: { matchLabels: { app: 'web' } }, expected: true },
    { name: 'none with other labels', selector: { matchLabels: { app: 'side' } }, expected: false },
    { name: 'one among values', selector: expression('tier', 'In', ['front', 'back']), expected: true },
    { name: 'none among values left out', selector: expression('tier', 'NotIn', ['front']), expected: false },
    { name: 'one without a label left out', selector: expression('team', 'NotIn', ['a']), expected: true },
    { name: 'one that has a label', selector: expression('tier', 'Exists'), expected: true },
    {
      name: 'none that has a label it must not',
      selector: expression('tier', 'DoesNotExist'),
      expected: false,
    },
    { name: 'none by an operator that nobody knows', selector: expression('tier', 'Near'), expected: false },
  ];
  for (const { name, namespace = 'apps', selector, expected } of cases) {
    it(name, () => {
      const automation = parseImageUpdateAutomation({
        metadata: { namespace, name: 'all' },
        spec: { interval: '1m', ...(selector === undefined ? {} : { policySelector: selector }) },
      });
      assert.equal(takesPolicy(automation, policy), expected);
    });
  }
});

function expression(key: string, operator: string, values: readonly string[] = []): object {
  return { matchExpressions: [{ key, operator, values }] };
}
