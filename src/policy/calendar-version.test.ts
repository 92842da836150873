import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCalendarFormat } from './calendar-version.ts';
import { PolicyError } from './errors.ts';

describe('a calendar format', () => {
  const readings: readonly {
    readonly name: string;
    readonly format: string;
    readonly text: string;
    readonly expected: readonly number[] | undefined;
  }[] = [
    { name: 'the numbers', format: 'YYYY.0M.0D', text: '2024.02.28', expected: [2024, 2, 28] },
    { name: 'a leap day', format: 'YYYY.0M.0D', text: '2024.02.29', expected: [2024, 2, 29] },
    { name: 'a leap day of a century', format: 'YYYY.0M.0D', text: '2000.02.29', expected: [2000, 2, 29] },
    { name: 'no leap day of another', format: 'YYYY.0M.0D', text: '2100.02.29', expected: undefined },
    { name: 'no leap day of a common year', format: 'YYYY.0M.0D', text: '2023.02.29', expected: undefined },
    { name: 'no 30 February', format: 'YYYY.0M.0D', text: '2024.02.30', expected: undefined },
    { name: 'no 31 April', format: 'YYYY-MM-DD', text: '2024-4-31', expected: undefined },
    { name: 'the 31 December', format: 'DD.MM.YYYY', text: '31.12.2024', expected: [31, 12, 2024] },
    { name: 'a leap day of a short year', format: 'YY.MM.DD', text: '24.2.29', expected: [24, 2, 29] },
    { name: 'no leap day of another', format: '0Y.0M.0D', text: '23.02.29', expected: undefined },
    { name: 'a leap day without a year', format: 'MM.DD', text: '2.29', expected: [2, 29] },
    { name: 'no 30 February without a year', format: 'MM.DD', text: '2.30', expected: undefined },
    { name: 'a day without a month', format: 'YYYY.DD', text: '2023.31', expected: [2023, 31] },
    { name: 'a v that is written', format: 'vYYYY.MM', text: 'v2024.2', expected: [2024, 2] },
    { name: 'small letters', format: 'release-YYYY.0M', text: 'release-2024.02', expected: [2024, 2] },
    { name: 'small letters beside a token', format: 'buildYYYY', text: 'build2024', expected: [2024] },
    {
      name: 'a word in capitals, T and Z',
      format: 'RELEASE.YYYY-0M-0DT0h-0m-0sZ',
      text: 'RELEASE.2024-02-29T23-59-59Z',
      expected: [2024, 2, 29, 23, 59, 59],
    },
    { name: 'a word behind', format: 'YYYY.0M-LTS', text: '2024.02-LTS', expected: [2024, 2] },
    { name: 'a letter between', format: 'YYYYQMICRO', text: '2024Q3', expected: [2024, 3] },
    { name: 'a week as ISO writes it', format: 'YYYYW0W', text: '2024W07', expected: [2024, 7] },
    { name: 'tokens side by side', format: 'YYYY0M0D.MICRO', text: '20240229.4', expected: [2024, 2, 29, 4] },
  ];
  for (const { name, format, text, expected } of readings) {
    it(`${format} reads in ${text} ${name}`, () =>
      assert.deepEqual(compileCalendarFormat(format)(text), expected));
  }

  const refused: readonly { readonly format: string; readonly stranger: string }[] = [
    { format: 'YYYY.QQ', stranger: 'QQ' },
    { format: 'YYYYQQ', stranger: 'YYYYQQ' },
    { format: 'YYYY.MMM.DD', stranger: 'MMM' },
    { format: 'YYY.MM', stranger: 'YYY' },
    { format: '20YY.MM', stranger: '0YY' },
    { format: 'YYYY.0M.0D-0H', stranger: '0H' },
    { format: 'YYYY.0M.0D-HH', stranger: 'HH' },
    { format: 'YYYY.mm.dd', stranger: 'mm' },
    { format: 'YYYY.MM.PATCH', stranger: 'PATCH' },
    { format: 'YYYY.MM-MODIFIER', stranger: 'MODIFIER' },
    { format: 'COMMUNITY.YYYY', stranger: 'COMMUNITY' },
  ];
  for (const { format, stranger } of refused) {
    it(`${format} is refused, for ${stranger} is no token`, () =>
      assert.throws(
        () => compileCalendarFormat(format),
        (error) =>
          error instanceof PolicyError &&
          error.code === 'POLICY_INVALID' &&
          error.message.endsWith(`: ${stranger} is no token`) &&
          error.hint?.includes('YYYY YY 0Y') === true,
      ));
  }
});
