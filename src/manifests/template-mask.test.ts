import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasControlLines, maskTemplate } from './template-mask.ts';

const mask = '\uE000';

const cases: readonly { name: string; given: string; expected: string }[] = [
  { name: 'a value', given: 'a: {{ .x }}\n', expected: `a: ${mask.repeat(8)}\n` },
  {
    name: 'a line of its own',
    given: '  {{- include "x" . }}\na: b\n',
    expected: `${' '.repeat(22)}\na: b\n`,
  },
  {
    name: 'control within a line',
    given: 'a: {{ if .x }}b{{ end }}\n',
    expected: `a: ${' '.repeat(11)}b${' '.repeat(9)}\n`,
  },
  {
    name: 'an action over lines',
    given: 'a: {{ f\n  g }}\n',
    expected: `a: ${mask.repeat(4)}\n${mask.repeat(6)}\n`,
  },
  { name: 'a comment with braces', given: '{{/* }} */}}\na: b\n', expected: `${' '.repeat(12)}\na: b\n` },
  { name: 'an action that never ends', given: 'a: {{ b\n', expected: 'a: {{ b\n' },
  { name: 'part of a value', given: 'a: "x:{{ .y }}"\n', expected: `a: "x:${mask.repeat(8)}"\n` },
];

describe('maskTemplate', () => {
  for (const { name, given, expected } of cases) {
    it(`covers ${name}`, () => {
      assert.equal(maskTemplate(given), expected);
    });
  }

  it('keeps every other character at its place', () => {
    const unit = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      'a',
      ': ',
      '\n',
      '\r\n',
      ' ',
      'if ',
      'end',
      '/*',
      '*/',
      '-',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        const masked = maskTemplate(text);
        assert.equal(masked.length, text.length);
        for (const [index, character] of masked.split('').entries()) {
          if (character !== mask && character !== ' ') assert.equal(character, text[index]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('hasControlLines', () => {
  it('looks for actions where a line begins', () => {
    assert.equal(hasControlLines('a: {{ b }}\n'), false);
    assert.equal(hasControlLines('a: b\n  {{- end }}\n'), true);
  });
});
