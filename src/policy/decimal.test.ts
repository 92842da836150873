import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareDecimals, parseDecimal } from './decimal.ts';

describe('a decimal number', () => {
  const table: readonly {
    readonly given: string;
    readonly expected: readonly [boolean, string, string] | undefined;
  }[] = [
    { given: '0', expected: [false, '', ''] },
    { given: '-0.0', expected: [false, '', ''] },
    { given: '007', expected: [false, '7', ''] },
    { given: '-1.50', expected: [true, '1', '5'] },
    { given: '+.5', expected: [false, '', '5'] },
    { given: '5.', expected: [false, '5', ''] },
    { given: '100', expected: [false, '100', ''] },
    ...['', '.', '-', '+.', '1.2.3', '1e2', '0x10', '1_000', 'inf', ' 1', '1-', '--1', '٣'].map((given) => ({
      given,
      expected: undefined,
    })),
  ];
  for (const { given, expected } of table) {
    it(`is read from ${JSON.stringify(given)} as ${expected === undefined ? 'none' : expected.join(' ')}`, () => {
      const [isNegative, whole, fraction] = expected ?? [];
      assert.deepEqual(parseDecimal(given), expected && { isNegative, whole, fraction });
    });
  }

  it('is written as the pattern says, and no otherwise', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[-+.0-9a]{0,8}$/), (text) => {
        const isOne = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text);
        assert.equal(parseDecimal(text) !== undefined, isOne, text);
      }),
      { numRuns: 2000 },
    );
  });

  it('is level with itself, below zero too', () => {
    const [one, other] = [parseDecimal('-1.5'), parseDecimal('-01.50')];
    assert.ok(one !== undefined && other !== undefined);
    assert.equal(compareDecimals(one, other), 0);
  });

  it('is ordered as its value, exactly', () => {
    const number = fc.tuple(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(number, number, ([a, zerosA], [b, zerosB]) => {
        const [one, other] = [a, b].map((value, index) => {
          const digits = String(value < 0n ? -value : value).padStart(4, '0');
          const zeros = '0'.repeat(index === 0 ? zerosA : zerosB);
          return parseDecimal(
            `${value < 0n ? '-' : ''}${zeros}${digits.slice(0, -3)}.${digits.slice(-3)}${zeros}`,
          );
        });
        assert.ok(one !== undefined && other !== undefined);
        assert.equal(Math.sign(compareDecimals(one, other)), a < b ? -1 : a > b ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });
});
