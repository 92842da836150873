import type { Digest } from '../reference/digest.ts';
import { type EditOutcome, edited, refused } from './edit-outcome.ts';
import type { ImagePart } from './image-field.ts';
import { findKeyBefore, findValueRange, type Range } from './scalar-text.ts';

/**
 * Fills or empties a map's own digest key, in the quotes that stand there. After a bare `digest:` the value
 * comes right behind the colon, so that taking it away leaves the very same line.
 */
export function setDigestKey(text: string, part: ImagePart, digest: Digest | 'none'): EditOutcome {
  const value = digest === 'none' ? '' : digestAsKeyTakesIt(text, part, digest);
  if (value === undefined) {
    return refused('algorithm', `${part.pointer} takes the hex of a sha256 digest, got ${digest}`);
  }
  if (part.style === 'plain') return setPlain(text, part, value);
  const range = findValueRange(text, part);
  if (range === undefined || (part.style !== 'single' && part.style !== 'double')) return notSettable(part);
  return edited(text, [{ ...range, text: value }]);
}

/** Charts with a `sha` key put `sha256:` before it themselves; a value that has the prefix keeps it. */
function digestAsKeyTakesIt(text: string, part: ImagePart, digest: Digest): string | undefined {
  const takesHex =
    /sha(?:256)?$/i.test(findKeyBefore(text, part) ?? part.pointer) && !part.value.startsWith('sha256:');
  if (!takesHex) return digest;
  return digest.startsWith('sha256:') ? digest.slice('sha256:'.length) : undefined;
}

function setPlain(text: string, part: ImagePart, value: string): EditOutcome {
  const source = text.slice(part.start, part.end);
  if (part.value === '') return value === '' ? { kind: 'unchanged' } : fillPlain(text, part, source, value);
  const range = findValueRange(text, part);
  if (range === undefined) return notSettable(part);
  return edited(text, [{ ...(value === '' ? withSpaceBefore(text, range) : range), text: value }]);
}

function fillPlain(text: string, part: ImagePart, source: string, value: string): EditOutcome {
  if (source.trim() !== '') return notSettable(part);
  const before = text.slice(0, part.start).trimEnd();
  if (!before.endsWith(':')) return notSettable(part);
  return edited(text, [{ start: before.length, end: before.length, text: ` ${value}` }]);
}

function withSpaceBefore(text: string, range: Range): Range {
  return text.slice(range.start - 2, range.start) === ': ' ? { ...range, start: range.start - 1 } : range;
}

function notSettable(part: ImagePart): EditOutcome {
  return refused(
    'not-literal',
    `${part.pointer} is written in a way that a digest cannot be put in or taken out`,
  );
}
