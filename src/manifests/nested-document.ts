import { isMap, isSeq, type ParsedNode } from 'yaml';
import { splitDocuments } from './documents.ts';
import { type Leaf, type Sheet, styleOf } from './leaf.ts';
import { alignScalar } from './scalar-alignment.ts';
import { hasTemplateActions, maskTemplate } from './template-mask.ts';
import { parseSheet } from './yaml-sheet.ts';

/** Strings within strings are followed this far: YAML in a ConfigMap in a List in a string is three. */
const depthMax = 4;
/** A longer string is data. */
const lengthMax = 2_000_000;

/** Reads a string as YAML or JSON, every offset mapped back to the file; nothing where it is none. */
export function readNestedDocuments(leaf: Leaf, read: (sheet: Sheet, root: ParsedNode) => void): void {
  const { node, sheet: outer } = leaf;
  const value = typeof node.value === 'string' ? node.value : '';
  if (outer.depth >= depthMax || value.length > lengthMax) return;
  const isTemplate = outer.isTemplate || hasTemplateActions(value);
  const text = hasTemplateActions(value) ? maskTemplate(value) : value;
  const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  let offsets: Int32Array | undefined;
  const offsetOf = (offset: number): number => {
    const start = node.range[0] + (isQuoted ? 1 : 0);
    const source = outer.text.slice(start, node.range[1]);
    offsets ??= alignScalar(value, source, styleOf(node), start);
    return outer.toFile(offsets[offset] ?? start);
  };
  for (const range of splitDocuments(text)) {
    const parsed = parseSheet({
      text: text.slice(range.start, range.end),
      toFile: (offset) => offsetOf(range.start + offset),
      isTemplate,
      within: [...outer.within, styleOf(node)],
      outer: outer.outer ?? leaf.place,
      depth: outer.depth + 1,
    });
    if (parsed.kind !== 'parsed' || parsed.errors.length > 0) continue;
    if (isMap(parsed.root) || isSeq(parsed.root)) read(parsed.sheet, parsed.root);
  }
}
