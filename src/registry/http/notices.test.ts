import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRateLimit, parseWarnings } from './notices.ts';

const quotas: readonly { name: string; headers: Record<string, string>; expected: unknown }[] = [
  {
    name: "Docker Hub's quota",
    headers: {
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': '76;w=21600',
      'docker-ratelimit-source': '192.0.2.7',
    },
    expected: { limit: 100, remaining: 76, windowSeconds: 21_600, countedFor: '192.0.2.7' },
  },
  {
    name: 'the structured fields of the draft',
    headers: { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"default";q=100;w=60' },
    expected: { limit: 100, remaining: 50, windowSeconds: 60, countedFor: undefined },
  },
  {
    name: 'the fields of the older draft',
    headers: { ratelimit: 'limit=100, remaining=50, reset=5' },
    expected: { limit: 100, remaining: 50, windowSeconds: undefined, countedFor: undefined },
  },
  {
    name: "GitHub's fields",
    headers: { 'x-ratelimit-limit': '44000', 'x-ratelimit-remaining': '43999' },
    expected: { limit: 44_000, remaining: 43_999, windowSeconds: undefined, countedFor: undefined },
  },
  { name: 'nothing in no header', headers: {}, expected: undefined },
  { name: 'nothing in a limit alone', headers: { 'ratelimit-limit': '100' }, expected: undefined },
  { name: 'nothing in nonsense', headers: { 'ratelimit-remaining': 'many' }, expected: undefined },
];

const warnings: readonly { name: string; given: string | undefined; expected: readonly string[] }[] = [
  { name: 'a warning', given: '299 - "moves soon"', expected: ['moves soon'] },
  { name: 'two in one header', given: '299 - "a", 299 - "b, c"', expected: ['a', 'b, c'] },
  { name: 'a warning with a date', given: '299 - "a" "Sat, 21 Nov 2026 12:00:00 GMT"', expected: ['a'] },
  { name: 'no other code', given: '199 - "a", 110 host "stale"', expected: [] },
  { name: 'nothing', given: undefined, expected: [] },
];

describe('notices', () => {
  for (const { name, headers, expected } of quotas) {
    it(`read ${name}`, () => assert.deepEqual(parseRateLimit({ headers }), expected));
  }
  for (const { name, given, expected } of warnings) {
    it(`read ${name}`, () => assert.deepEqual(parseWarnings(given), expected));
  }
});
