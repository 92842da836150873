import { isAlias, isCollection, isScalar, type ParsedNode, parseDocument, visit, type YAMLError } from 'yaml';
import type { ScalarStyle } from './image-field.ts';
import type { Place, Sheet } from './leaf.ts';

export type ParsedSheet =
  | {
      readonly kind: 'parsed';
      readonly sheet: Sheet;
      readonly root: ParsedNode | null;
      readonly errors: readonly YAMLError[];
    }
  /** Nested deeper than the parser's stack allows. */
  | { readonly kind: 'too-deep' };

export type SheetSource = {
  readonly text: string;
  toFile(offset: number): number;
  readonly isTemplate: boolean;
  readonly within?: readonly ScalarStyle[];
  readonly outer?: Place | undefined;
  readonly depth?: number;
};

/**
 * Parses one YAML document. The failsafe schema keeps every plain scalar the text it is, `1.20` and `null`
 * too, and makes no number of it; aliases are never expanded, so that a small text cannot become a large tree.
 */
export function parseSheet(source: SheetSource): ParsedSheet {
  try {
    const document = parseDocument(source.text, {
      schema: 'failsafe',
      // Checking it costs the square of a map's size, and duplicates are fields all the same.
      uniqueKeys: false,
      strict: false,
      logLevel: 'silent',
      prettyErrors: false,
    });
    const aliasUses = source.text.includes('*') ? countAliasUses(document) : new Map<ParsedNode, number>();
    const sheet: Sheet = {
      ...source,
      within: source.within ?? [],
      outer: source.outer,
      depth: source.depth ?? 0,
      aliasUses,
      anchors: new Map(),
    };
    return { kind: 'parsed', sheet, root: document.contents, errors: document.errors };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'too-deep' };
    throw error;
  }
}

function countAliasUses(document: Parameters<typeof visit>[0]): Map<ParsedNode, number> {
  const anchored = new Map<string, ParsedNode>();
  const uses = new Map<ParsedNode, number>();
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      const target = anchored.get(node.source);
      if (target !== undefined) uses.set(target, (uses.get(target) ?? 0) + 1);
    } else if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
      anchored.set(node.anchor, node as ParsedNode);
    }
  });
  return uses;
}
