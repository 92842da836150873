import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Move } from '../ledger/ledger.ts';
import { parseDigest } from '../reference/digest.ts';
import { parseTag } from '../reference/tag.ts';
import { movedTagCondition } from './moved-tag.ts';

const tag = parseTag('v1.16-4.11-full');
const day = 86_400_000;
const digest = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`);
const move = (from: string, to: string, noticedAt: number): Move => ({
  repository: { registry: 'ghcr.io', path: 'kube-logging/fluentd' },
  tag,
  from: digest(from),
  to: digest(to),
  lastSeenAt: noticedAt - day / 2,
  noticedAt,
  source: 'scan',
});

describe('the condition of a selected tag', () => {
  const cases: readonly {
    name: string;
    moves: readonly Move[];
    selectedAt: number;
    expected: RegExp | undefined;
  }[] = [
    { name: 'is absent where it never moved', moves: [], selectedAt: 0, expected: undefined },
    {
      name: 'is absent where it moved before it was selected',
      moves: [move('a', 'b', 2 * day)],
      selectedAt: 3 * day,
      expected: undefined,
    },
    {
      name: 'names both digests, and when each was seen',
      moves: [move('a', 'b', 2 * day)],
      selectedAt: day,
      expected:
        /^v1\.16-4\.11-full was pushed again: seen as sha256:a{64} until 1970-01-02T12:00:00Z, as sha256:b{64} since 1970-01-03T00:00:00Z; nodes that/,
    },
    {
      name: 'counts, and names the last move, where it moved back',
      moves: [move('a', 'b', 2 * day), move('b', 'a', 4 * day)],
      selectedAt: day,
      expected:
        /seen as sha256:b{64} .* as sha256:a{64} .*; it moved 2 times since it was selected; nodes that/,
    },
  ];
  for (const { name, moves, selectedAt, expected } of cases) {
    it(name, () => {
      const condition = movedTagCondition(tag, moves, selectedAt);
      if (expected === undefined) assert.equal(condition, undefined);
      else assert.match(condition?.message ?? '', expected);
    });
  }
});
