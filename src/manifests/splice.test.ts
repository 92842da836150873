import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applySplices, type Splice } from './splice.ts';

describe('applySplices', () => {
  const table: readonly { name: string; splices: readonly Splice[]; expected: string }[] = [
    { name: 'does nothing without splices', splices: [], expected: 'abcdef' },
    {
      name: 'does splices in any order',
      splices: [
        { start: 4, end: 5, text: 'E' },
        { start: 0, end: 0, text: '>' },
      ],
      expected: '>abcdEf',
    },
    {
      name: 'does one splice that stands twice once',
      splices: [
        { start: 1, end: 1, text: '!' },
        { start: 1, end: 1, text: '!' },
      ],
      expected: 'a!bcdef',
    },
    {
      name: 'takes splices that touch',
      splices: [
        { start: 1, end: 3, text: '' },
        { start: 3, end: 3, text: '!' },
      ],
      expected: 'a!def',
    },
    {
      name: 'refuses splices that overlap',
      splices: [
        { start: 1, end: 3, text: 'x' },
        { start: 2, end: 4, text: 'y' },
      ],
      expected: 'overlap',
    },
    {
      name: 'refuses two insertions at one place',
      splices: [
        { start: 2, end: 2, text: 'x' },
        { start: 2, end: 2, text: 'y' },
      ],
      expected: 'overlap',
    },
  ];
  for (const { name, splices, expected } of table) {
    it(name, () => {
      const outcome = applySplices('abcdef', splices);
      assert.equal(outcome.kind === 'overlap' ? 'overlap' : outcome.text, expected);
    });
  }

  it('keeps every character outside of the splices', () => {
    const splice = fc.record({ start: fc.nat(30), length: fc.nat(5), text: fc.string({ maxLength: 3 }) });
    const property = fc.property(
      fc.string({ minLength: 40, maxLength: 60, unit: 'binary' }),
      fc.array(splice, { maxLength: 6 }),
      (text, drawn) => {
        const splices = drawn.map(({ start, length, text: put }) => ({
          start,
          end: start + length,
          text: put,
        }));
        const outcome = applySplices(text, splices);
        if (outcome.kind === 'overlap') return;
        let rest = outcome.text;
        let at = 0;
        for (const done of outcome.splices) {
          const kept = text.slice(at, done.start) + done.text;
          assert.equal(rest.slice(0, kept.length), kept);
          rest = rest.slice(kept.length);
          at = done.end;
        }
        assert.equal(rest, text.slice(at));
      },
    );
    fc.assert(property, { numRuns: 300, seed: 1 });
  });
});
