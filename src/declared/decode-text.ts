import { isUtf8 } from 'node:buffer';
import type { Problem } from '../findings/finding.ts';

export type DecodedText = { readonly text: string } | { readonly problem: Problem };

/**
 * The text of a file's bytes, such that encoding it as UTF-8 gives the same bytes again: a byte order mark
 * stays, and what is not UTF-8 is refused instead of repaired.
 */
export function decodeText(bytes: Uint8Array, file: string): DecodedText {
  if (isUtf8(bytes)) return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
  const encoding = utf16Name(bytes);
  const line = firstBadLine(bytes);
  return {
    problem: {
      code: 'FILE_NOT_UTF8',
      message: `not read: it is ${encoding ?? 'not UTF-8'}`,
      hint: `convert it, e.g. iconv -f ${encoding ?? 'ISO-8859-1'} -t UTF-8, or exclude it in holdfast.yaml`,
      file,
      ...(encoding === undefined ? { line } : {}),
    },
  };
}

function utf16Name(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE';
  return undefined;
}

/** 1-based. A line feed is never part of another UTF-8 character, so lines can be looked at one by one. */
function firstBadLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}
