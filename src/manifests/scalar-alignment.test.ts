import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isScalar, parseDocument } from 'yaml';
import type { ScalarStyle } from './image-field.ts';
import { styleOf } from './leaf.ts';
import { alignScalar } from './scalar-alignment.ts';

const cases: readonly { name: string; given: string; word: string }[] = [
  { name: 'plain over lines', given: 'one two\n  nginx:1.25\n  three\n', word: 'nginx:1.25' },
  { name: 'single quotes doubled', given: "'it''s nginx:1.25'\n", word: 'nginx:1.25' },
  { name: 'escapes', given: '"a\\n\\"\\u0041\\x42\\U00000043\\\\ nginx:1.25"\n', word: 'nginx:1.25' },
  { name: 'an escaped line end', given: '"a \\\n  nginx:1.25"\n', word: 'nginx:1.25' },
  { name: 'escapes that are white space', given: '"a\\u0020\\x0a\\t\\ nginx:1.25"\n', word: 'nginx:1.25' },
  { name: 'a literal block', given: '|-\n  a\n\n    nginx:1.25\n', word: 'nginx:1.25' },
  {
    name: 'a literal block with a header',
    given: '|2- # comment nginx\n   a\n  nginx:1.25\n',
    word: 'nginx:1.25',
  },
  { name: 'a folded block', given: '>\n  a\n  b\n\n  nginx:1.25\n', word: 'nginx:1.25' },
];

describe('alignScalar', () => {
  for (const { name, given, word } of cases) {
    for (const text of [given, given.replaceAll('\n', '\r\n')]) {
      it(`${name}${text === given ? '' : ' with carriage returns'}`, () => {
        const { value, source, offsets } = aligned(text);
        const at = value.indexOf(word);
        const start = offsets[at] ?? -1;
        assert.equal(source.slice(start, (offsets[at + word.length - 1] ?? -1) + 1), word);
      });
    }
  }

  it('finds every character that needs no escape', () => {
    const characters = fc.constantFrom(...'ab1:/@.-_ "\'\\\n\tü#{}'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: characters, minLength: 1, maxLength: 40 }), (text) => {
        const { value, source, offsets } = aligned(`${JSON.stringify(text)}\n`);
        assert.equal(value, text);
        for (const [index, character] of value.split('').entries()) {
          if (/[\s"\\]/.test(character)) continue;
          assert.equal(source[offsets[index] ?? -1], character);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function aligned(text: string): { value: string; source: string; offsets: Int32Array } {
  const node = parseDocument(text).contents;
  assert.ok(isScalar(node) && typeof node.value === 'string');
  const style: ScalarStyle = styleOf(node);
  const quoted = style === 'single' || style === 'double';
  const source = text.slice(node.range[0] + (quoted ? 1 : 0), node.range[1] - (quoted ? 1 : 0));
  return { value: node.value, source, offsets: alignScalar(node.value, source, style, 0) };
}
