import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ImagePolicySpec, parseImagePolicy } from '../api/image-policy.ts';
import { FieldError } from '../api/read-fields.ts';
import { reflectPolicy } from './selection-policy.ts';

/** In Flux's words. Source: its `internal/policy` and `imagepolicy_controller.go`. */
const table: readonly {
  readonly name: string;
  readonly given: object;
  readonly reason: string;
  readonly problem: string | RegExp;
}[] = [
  {
    name: 'no order',
    given: { policy: {} },
    reason: 'InvalidPolicy',
    problem: 'invalid policy: given ImagePolicyChoice object is invalid',
  },
  {
    name: 'a range that is none',
    given: { policy: { semver: { range: '*-*' } } },
    reason: 'InvalidPolicy',
    problem: 'invalid policy: improper constraint: "*-*"',
  },
  {
    name: 'a range that is too long',
    given: { policy: { semver: { range: `>=1.0.0${' || >=1.0.0'.repeat(60)}` } } },
    reason: 'InvalidPolicy',
    problem: /^invalid policy: /,
  },
  {
    name: 'a direction that is none',
    given: { policy: { numerical: { order: 'up' } } },
    reason: 'InvalidPolicy',
    problem: /^invalid policy: invalid order argument provided: /,
  },
  {
    name: 'a pattern that is none',
    given: { policy: { alphabetical: {} }, filterTags: { pattern: '^(main' } },
    reason: 'InvalidPolicy',
    problem:
      /^failed to filter tags: invalid regular expression pattern '\^\(main': error parsing regexp: missing closing \)/,
  },
  {
    name: 'a range and a pattern that are none',
    given: { policy: { semver: { range: '*-*' } }, filterTags: { pattern: '(' } },
    reason: 'InvalidPolicy',
    problem: 'invalid policy: improper constraint: "*-*"',
  },
  {
    name: 'a pattern that looks ahead',
    given: { policy: { alphabetical: {} }, filterTags: { pattern: 'a(?=b)' } },
    reason: 'InvalidPolicy',
    problem: /^failed to filter tags: .*invalid or unsupported Perl syntax/,
  },
  {
    name: 'digests followed without an interval, whatever else is wrong',
    given: { policy: {}, digestReflectionPolicy: 'Always' },
    reason: 'IntervalNotConfigured',
    problem: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
  },
];

describe('a policy that can never select', () => {
  for (const { name, given, reason, problem } of table) {
    it(`is stalled with the reason that Flux gives: ${name}`, () => {
      const reflected = reflectPolicy(specOf(given));
      assert.ok('problem' in reflected);
      assert.equal(reflected.reason, reason);
      if (typeof problem === 'string') assert.equal(reflected.problem, problem);
      else assert.match(reflected.problem, problem);
    });
  }
});

function specOf(given: object): ImagePolicySpec {
  const metadata = { namespace: 'apps', name: 'app', uid: '1', resourceVersion: '1', generation: 1 };
  const { spec } = parseImagePolicy({ metadata, spec: { imageRepositoryRef: { name: 'app' }, ...given } });
  assert.ok(!(spec instanceof FieldError), 'a spec that is read');
  return spec;
}
