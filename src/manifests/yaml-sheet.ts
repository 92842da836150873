import {
  Composer,
  type Document,
  isAlias,
  isCollection,
  isScalar,
  Lexer,
  type ParsedNode,
  Parser,
  visit,
} from 'yaml';
import type { ScalarStyle } from './image-field.ts';
import type { Place, Sheet } from './leaf.ts';

export type ParsedSheet =
  | {
      readonly kind: 'parsed';
      readonly sheet: Sheet;
      readonly root: ParsedNode | null;
      /** What is no YAML about it, the first of each run; empty where it is YAML. */
      readonly errors: readonly SyntaxProblem[];
    }
  /** Nested deeper than the parser's stack allows, or holding more than its memory should. */
  | { readonly kind: 'too-deep' | 'too-large' };

/** `offset` in the sheet's text. */
export type SyntaxProblem = { readonly offset: number; readonly message: string };

/** A text with more errors is no YAML at all, and a hostile one makes millions. */
const errorsMax = 1000;

/** Words and signs of one document, about 200 bytes each once parsed. A CustomResourceDefinition of 1 MB has 250,000. */
const lexemesMax = 1_000_000;

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
  const errors: SyntaxProblem[] = [];
  try {
    const document = compose(source.text, errors);
    if (errors.some((error) => error.message.includes('call stack'))) return { kind: 'too-deep' };
    const aliasUses = source.text.includes('*') ? countAliasUses(document) : new Map<ParsedNode, number>();
    const sheet: Sheet = {
      ...source,
      within: source.within ?? [],
      outer: source.outer,
      depth: source.depth ?? 0,
      aliasUses,
      anchors: new Map(),
    };
    return { kind: 'parsed', sheet, root: document?.contents ?? null, errors };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'too-deep' };
    if (error instanceof TooManyLexemes) return { kind: 'too-large' };
    throw error;
  }
}

/** Instead of the library's `parseDocument`, which keeps an Error with its stack for every error. */
function compose(text: string, errors: SyntaxProblem[]): Document.Parsed | undefined {
  const composer = new Composer({
    schema: 'failsafe',
    // Checking it costs the square of a map's size, and duplicates are fields all the same.
    uniqueKeys: false,
    strict: false,
    logLevel: 'silent',
  });
  Object.assign(composer, {
    onError: (at: ErrorPlace, _code: string, message: string, isWarning?: boolean) => {
      if (isWarning !== true) errors.push({ offset: offsetOf(at), message });
      if (errors.length > errorsMax) throw new TooManyErrors();
    },
  });
  let first: Document.Parsed | undefined;
  try {
    for (const document of composer.compose(parse(text), true, text.length)) first ??= document;
  } catch (error) {
    if (!(error instanceof TooManyErrors)) throw error;
  }
  return first;
}

/** What the library's `Parser.parse` does, counting. */
function* parse(text: string): ReturnType<Parser['next']> {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > lexemesMax) throw new TooManyLexemes();
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

class TooManyErrors extends Error {}
class TooManyLexemes extends Error {}

/** How the library says where: an offset, a range, or a token. */
type ErrorPlace = number | readonly [number, number, number?] | { readonly offset: number };

function offsetOf(at: ErrorPlace): number {
  if (typeof at === 'number') return at;
  return 'offset' in at ? at.offset : at[0];
}

function countAliasUses(document: Document.Parsed | undefined): Map<ParsedNode, number> {
  const anchored = new Map<string, ParsedNode>();
  const uses = new Map<ParsedNode, number>();
  if (document === undefined) return uses;
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
