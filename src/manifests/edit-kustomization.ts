import type { Digest } from '../reference/digest.ts';
import { setDigestKey } from './edit-digest-key.ts';
import type { PartsByRole } from './edit-image-field.ts';
import { type EditOutcome, edited, refused } from './edit-outcome.ts';
import type { ImagePart } from './image-field.ts';
import { isSharedScalar, lineEndNear } from './scalar-text.ts';

/**
 * `digest:` of a kustomization's `images:` entry. Beside `newTag` kustomize writes both, `name:tag@digest`,
 * since v4.5.3. The line is put right below `newTag`, plain and indented alike, and exactly such a line is
 * taken away again; a digest key that stood there in quotes is filled and emptied.
 */
export function setKustomizeDigest(text: string, parts: PartsByRole, digest: Digest | 'none'): EditOutcome {
  const { tag, digest: key } = parts;
  if (parts.tagSuffix !== undefined) {
    return refused(
      'kustomize-shape',
      'tagSuffix is put behind the tag of each manifest, so no one digest fits',
    );
  }
  if (tag === undefined) return refused('tag-missing', 'the entry has no newTag');
  if (isSharedScalar(text, tag)) {
    // The value may stand in another entry, and so would the new line.
    return refused('anchored', `newTag ${tag.value} is shared through an anchor`, 'write the tag out');
  }
  if (key === undefined) return digest === 'none' ? { kind: 'unchanged' } : insertKey(text, tag, digest);
  if (digest !== 'none') return fillKey(text, key, digest);
  return removeKey(text, key);
}

function fillKey(text: string, key: ImagePart, digest: Digest): EditOutcome {
  if (key.value === '' && (key.style === 'plain' || isJsonKey(text, key))) {
    return refused('kustomize-shape', 'the entry has an empty digest', 'take the key away');
  }
  return setDigestKey(text, key, digest);
}

function insertKey(text: string, tag: ImagePart, digest: Digest): EditOutcome {
  const lineStart = lastBreakBefore(text, tag.start);
  const head = text.slice(lineStart, tag.start);
  const flowStart = Math.max(head.lastIndexOf('{'), head.lastIndexOf(',')) + 1;
  const key = /^([ \t]*(?:- +)*)(["']?)newTag\2[ \t]*:[ \t]*(?:[&!][^\s,[\]{}]+[ \t]+)*["']?$/.exec(
    head.slice(flowStart),
  );
  if (key === null || tag.style === 'literal' || tag.style === 'folded') return misshapen();
  const [, indentation = '', quote = ''] = key;
  const valueEnd = tag.end + (tag.style === 'plain' ? 0 : 1);
  if (isInFlow(text, valueEnd)) {
    const added = `, ${quote}digest${quote}: ${quote}${digest}${quote}`;
    return edited(text, [{ start: valueEnd, end: valueEnd, text: added }]);
  }
  if (quote !== '') return misshapen();
  const lineEnd = endOfLine(text, valueEnd);
  const line = `${lineEndNear(text, lineEnd)}${indentation.replaceAll('-', ' ')}digest: ${digest}`;
  return edited(text, [{ start: lineEnd, end: lineEnd, text: line }]);
}

/** Takes away exactly what {@link insertKey} adds; a key in quotes that was filled is emptied. */
function removeKey(text: string, key: ImagePart): EditOutcome {
  if (key.value === '') return { kind: 'unchanged' };
  const head = text.slice(Math.max(0, key.start - keyLineMax), key.start);
  const inFlow = /, (["']?)digest\1: \1$/.exec(head);
  if (inFlow !== null && (inFlow[1] !== '' || key.style === 'plain')) {
    const end = key.end + (inFlow[1] ?? '').length;
    return edited(text, [{ start: key.start - inFlow[0].length, end, text: '' }]);
  }
  if (key.style !== 'plain') return setDigestKey(text, key, 'none');
  const ownLine = /(?:\r\n|\n|\r)[ \t]*digest: $/.exec(head);
  if (ownLine === null || endOfLine(text, key.end) !== key.end) return misshapen();
  return edited(text, [{ start: key.start - ownLine[0].length, end: key.end, text: '' }]);
}

/** `"digest": ""`: a key in quotes too. */
function isJsonKey(text: string, key: ImagePart): boolean {
  return /["']digest["'][ \t]*:[ \t]*["']?$/.test(text.slice(Math.max(0, key.start - keyLineMax), key.start));
}

/** Longest line head looked at for a `digest:` key: deeper than any kustomization is nested. */
const keyLineMax = 1000;

/** In a flow map what follows the value, comments aside, is a comma or a brace. */
function isInFlow(text: string, valueEnd: number): boolean {
  return /^[ \t]*(?:#[^\r\n]*[\r\n])?\s*[,}]/.test(text.slice(valueEnd, valueEnd + keyLineMax));
}

function lastBreakBefore(text: string, at: number): number {
  return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1;
}

function endOfLine(text: string, from: number): number {
  const found = text.slice(from).search(/\r|\n/);
  return found === -1 ? text.length : from + found;
}

function misshapen(): EditOutcome {
  return refused(
    'kustomize-shape',
    'the entry is laid out in a way that a digest line cannot be added or taken away',
    'write one key on each line',
  );
}
