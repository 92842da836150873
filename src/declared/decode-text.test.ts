import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeText } from './decode-text.ts';

describe('decodeText', () => {
  it('gives text that encodes to the same bytes, or a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decodeText(bytes, 'a.yaml');
        if ('text' in decoded) assert.deepEqual(new Uint8Array(Buffer.from(decoded.text)), bytes);
      }),
      { numRuns: 500 },
    );
  });

  const cases: readonly { name: string; given: Uint8Array; expected: unknown }[] = [
    {
      name: 'keeps a byte order mark and CRLF',
      given: Buffer.from('\ufeffa: 1\r\n'),
      expected: { text: '\ufeffa: 1\r\n' },
    },
    { name: 'reads nothing as nothing', given: Buffer.alloc(0), expected: { text: '' } },
    {
      name: 'names UTF-16 by its byte order mark',
      given: Buffer.from('\ufeffa: 1', 'utf16le'),
      expected: {
        problem: {
          code: 'FILE_NOT_UTF8',
          message: 'not read: it is UTF-16LE',
          hint: 'convert it, e.g. iconv -f UTF-16LE -t UTF-8, or exclude it in holdfast.yaml',
          file: 'a.yaml',
        },
      },
    },
    {
      name: 'gives the line of the first byte that is no UTF-8',
      given: Buffer.from('a: 1\nb: caf\xe9\nc: 3\n', 'latin1'),
      expected: {
        problem: {
          code: 'FILE_NOT_UTF8',
          message: 'not read: it is not UTF-8',
          hint: 'convert it, e.g. iconv -f ISO-8859-1 -t UTF-8, or exclude it in holdfast.yaml',
          file: 'a.yaml',
          line: 2,
        },
      },
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => assert.deepEqual(decodeText(given, 'a.yaml'), expected));
  }
});
