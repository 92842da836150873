import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FeatureGates, parseFeatureGates } from './feature-gates.ts';

const cases: readonly { readonly name: string; readonly given: string; readonly expected: FeatureGates }[] = [
  { name: 'are off where none is named', given: '', expected: { hasObjectIdentity: false, ignored: [] } },
  {
    name: 'let objects have an identity',
    given: 'ObjectLevelWorkloadIdentity=true',
    expected: { hasObjectIdentity: true, ignored: [] },
  },
  {
    name: 'count as they are written last',
    given: 'ObjectLevelWorkloadIdentity=true, ObjectLevelWorkloadIdentity=False',
    expected: { hasObjectIdentity: false, ignored: [] },
  },
  {
    name: 'are named where they do nothing',
    given: 'CacheSecretsAndConfigMaps=false,FluxStorage=true',
    expected: {
      hasObjectIdentity: false,
      ignored: ['the feature gate FluxStorage has no effect: tags are kept in the ledger'],
    },
  },
];

describe('feature gates', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => assert.deepEqual(parseFeatureGates(given), expected));
  }
  it('are said to be unknown where they are, not to be misspelled', () => {
    assert.throws(() => parseFeatureGates('Foo=true'), {
      message: '--feature-gates: there is no gate "Foo"',
      hint: /^the gates are ObjectLevelWorkloadIdentity, /,
    });
  });

  for (const given of [
    'Unknown=true',
    'ObjectLevelWorkloadIdentity',
    'ObjectLevelWorkloadIdentity=yes',
    'constructor=true',
  ]) {
    it(`are refused where they cannot be: ${given}`, () => {
      assert.throws(() => parseFeatureGates(given), { code: 'USAGE', message: /--feature-gates/ });
    });
  }
});
