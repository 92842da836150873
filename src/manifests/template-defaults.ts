import { keyMeaning } from './key-meaning.ts';
import { lineField } from './read-lines.ts';
import type { Reading } from './reading.ts';
import { isExcluded } from './rules.ts';
import { isReferenceByShape, valueShape } from './value-shape.ts';

/** A line that is a key and one action: what the action prints is the whole value. */
const actionLine =
  /^[ \t]*(?:-[ \t]+)*(["']?)([\w./-]{1,160})\1[ \t]*:[ \t]+(["']?)\{\{-?([^{}\r\n]{1,1000})\}\}\3[ \t]*(?:#[^\r\n]*)?\r?$/gm;
const defaultLiteral = /\bdefault\s+(["`])([^"`\s]{3,600})\1/;

/**
 * Finds the reference a template falls back to, where it is written in the action that prints the whole of a
 * value: `image: {{ .Values.image | default "ghcr.io/acme/b:1.0" }}`. Beside a key that says no image it must
 * be one by its shape.
 */
export function readTemplateDefaults(reading: Reading, source: string, start: number): void {
  if (!source.includes('default')) return;
  for (const line of source.matchAll(actionLine)) {
    const [whole, , key = '', , action = ''] = line;
    const found = defaultLiteral.exec(action);
    const reference = found?.[2];
    if (found === null || reference === undefined || !fits(key, reference)) continue;
    const actionAt = whole.indexOf('{{') + whole.slice(whole.indexOf('{{')).indexOf(action);
    const at = start + line.index + actionAt + found.index + found[0].indexOf(reference);
    const target = { file: reading.fileName, keys: [], kind: undefined, reference };
    if (!isExcluded(reading.rules, target)) reading.found.push(lineField(reference, at, 'template-default'));
  }
}

function fits(key: string, value: string): boolean {
  if (isReferenceByShape(value)) return true;
  const shape = valueShape(value);
  return keyMeaning(key) === 'image' && shape !== 'none' && shape !== 'bare' && shape !== 'path';
}
