import type { ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { ImagePart, ImagePartRole, ScalarStyle } from './image-field.ts';
import { alignScalar } from './scalar-alignment.ts';

/** A node's way from the top of its document. */
export type Place = {
  readonly parent: Place | undefined;
  /** Map key or list index; `''` at the top. */
  readonly key: string;
  /** Node here that carries an anchor. */
  readonly anchored: ParsedNode | undefined;
};

/**
 * A text being read as YAML: a document of the file, or a string within one. Offsets of nodes are of `text`;
 * `toFile` turns them into offsets of the file.
 */
export type Sheet = {
  readonly text: string;
  toFile(offset: number): number;
  /** Styles of the strings around it, outermost first. */
  readonly within: readonly ScalarStyle[];
  /** Read as text because it is a template: styles are then reported as `text`. */
  readonly isTemplate: boolean;
  /** Where the string around it stands, for pointers; undefined for a document of the file. */
  readonly outer: Place | undefined;
  /** How many strings stand around it. */
  readonly depth: number;
  /** How many aliases lead to an anchored node. */
  readonly aliasUses: ReadonlyMap<ParsedNode, number>;
  /** Anchored nodes met so far while walking, by anchor. */
  readonly anchors: Map<string, { readonly node: ParsedNode; readonly place: Place }>;
};

/** A scalar with its place. */
export type Leaf = {
  readonly sheet: Sheet;
  readonly node: Scalar.Parsed;
  readonly place: Place;
  /** The value without white space around it; numbers as spelled; empty for null. */
  readonly value: string;
};

export function makeLeaf(sheet: Sheet, node: Scalar.Parsed, place: Place): Leaf {
  const raw = typeof node.value === 'string' ? node.value : '';
  const isNull = node.type === 'PLAIN' && /^(?:~|null|Null|NULL)$/.test(raw);
  return { sheet, node, place, value: isNull ? '' : raw.trim() };
}

/** The part of a leaf's value from one offset to another as a part of a field, with its exact source range. */
export function partOf(leaf: Leaf, role: ImagePartRole, from = 0, to = leaf.value.length): ImagePart {
  const { sheet } = leaf;
  const range = rangeOf(leaf, from, to);
  return {
    role,
    value: leaf.value.slice(from, to),
    start: sheet.toFile(range.start),
    end: range.end === range.start ? sheet.toFile(range.start) : sheet.toFile(range.end - 1) + 1,
    style: sheet.isTemplate ? 'text' : styleOf(leaf.node),
    ...(sheet.within.length === 0 ? {} : { within: sheet.within }),
    pointer: pointerOf(sheet.outer ?? leaf.place),
    ...aliasesOf(leaf),
  };
}

/** How many aliases lead to the scalar, or to a map or list around it. */
function aliasesOf({ sheet, place }: Leaf): { readonly aliases?: number } {
  if (sheet.aliasUses.size === 0) return {};
  let aliases = 0;
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) {
    if (at.anchored !== undefined) aliases += sheet.aliasUses.get(at.anchored) ?? 0;
  }
  return aliases === 0 ? {} : { aliases };
}

/** The same range in the leaf's own sheet. */
function rangeOf(leaf: Leaf, from: number, to: number): { start: number; end: number } {
  const { start, end } = innerRange(leaf.node);
  const written = leaf.sheet.text.slice(start, end);
  if (written === leaf.value) return { start: start + from, end: start + to };
  if (leaf.value === '') return { start, end };
  const offsets = offsetsOf(leaf);
  return { start: offsets[from] ?? start, end: (offsets[to - 1] ?? end - 1) + 1 };
}

const alignments = new WeakMap<Scalar.Parsed, Int32Array>();

/** For each character of the leaf's value, where it stands in the leaf's sheet. */
function offsetsOf(leaf: Leaf): Int32Array {
  const known = alignments.get(leaf.node);
  if (known !== undefined) return known;
  const { start, end } = innerRange(leaf.node);
  const offsets = alignScalar(leaf.value, leaf.sheet.text.slice(start, end), styleOf(leaf.node), start);
  alignments.set(leaf.node, offsets);
  return offsets;
}

/** A scalar's source without its quotes. */
function innerRange(node: Scalar.Parsed): { start: number; end: number } {
  const [start, end] = node.range;
  const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  return isQuoted ? { start: start + 1, end: Math.max(start + 1, end - 1) } : { start, end };
}

export function styleOf(node: Scalar.Parsed): ScalarStyle {
  return node.type === undefined ? 'plain' : styles[node.type];
}

const styles = {
  PLAIN: 'plain',
  QUOTE_DOUBLE: 'double',
  QUOTE_SINGLE: 'single',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
} as const;

/** RFC 6901. */
export function pointerOf(place: Place): string {
  return keysOf(place)
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** Keys from the top of the document to a place. */
export function keysOf(place: Place): string[] {
  const keys: string[] = [];
  for (let at: Place | undefined = place; at?.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reverse();
}

export type ParsedMap = YAMLMap.Parsed;
export type ParsedSeq = YAMLSeq.Parsed;
