import type { Problem } from '../findings/finding.ts';
import type { DocumentRange } from './documents.ts';
import type { LineTable } from './line-table.ts';
import { readLines } from './read-lines.ts';
import type { Reading } from './reading.ts';
import { mayHoldImages } from './string-content.ts';
import { readTemplateDefaults } from './template-defaults.ts';
import { hasControlLines, hasTemplateActions, maskTemplate } from './template-mask.ts';
import { readDocument } from './walk.ts';
import { type ParsedSheet, parseSheet } from './yaml-sheet.ts';

/** A document without a hint of an image is parsed only to say whether it is YAML, and only up to this length. */
const hintlessLengthMax = 500_000;

/**
 * Reads one YAML document of a file into `reading`. A template is read with its actions masked, or line by
 * line where that makes no YAML either; anything else that is no YAML is a problem, and what could be read of
 * it is found all the same.
 */
export function readYamlDocument(
  reading: Reading,
  text: string,
  range: DocumentRange,
  lines: LineTable,
): Problem | undefined {
  const source = text.slice(range.start, range.end);
  if (/^kind:[ \t]*["']?CustomResourceDefinition\b/m.test(source)) return undefined;
  const isTemplate = hasTemplateActions(source);
  const { rules } = reading;
  const isWorthReading = rules.paths.length + rules.kinds.length > 0 || mayHoldImages(source);
  if (!isWorthReading && (isTemplate || source.length > hintlessLengthMax)) return undefined;
  if (isTemplate) readTemplateDefaults(reading, source, range.start);
  const parsed = parseBest(source, range.start, isTemplate);
  if (parsed.kind !== 'parsed') {
    const code = parsed.kind === 'too-deep' ? 'NESTING_TOO_DEEP' : 'DOCUMENT_TOO_LARGE';
    const message = parsed.kind === 'too-deep' ? 'nested too deeply to be read' : 'too large to be read';
    return problemAt(code, message, range.start, reading, lines);
  }
  const [error] = parsed.errors;
  if (error !== undefined && isTemplate) {
    readLines(reading, text, range.start, range.end);
    return undefined;
  }
  if (isWorthReading) readDocument(reading, parsed.sheet, parsed.root, undefined);
  if (error !== undefined) {
    return problemAt(
      'YAML_UNREADABLE',
      `not YAML: ${firstLine(error.message)}`,
      range.start + error.offset,
      reading,
      lines,
    );
  }
  return reading.isTooDeep
    ? problemAt('NESTING_TOO_DEEP', 'nested too deeply to be read to the end', range.start, reading, lines)
    : undefined;
}

/** As it is, unless lines of actions or errors say that it is a template: then masked. */
function parseBest(source: string, start: number, isTemplate: boolean): ParsedSheet {
  const toFile = (offset: number): number => start + offset;
  if (!isTemplate || !hasControlLines(source)) {
    const parsed = parseSheet({ text: source, toFile, isTemplate: false });
    if (!isTemplate || parsed.kind !== 'parsed' || parsed.errors.length === 0) return parsed;
  }
  return parseSheet({ text: maskTemplate(source), toFile, isTemplate: true });
}

const hints = {
  DOCUMENT_TOO_LARGE: 'split it into documents with ---, or exclude the file in holdfast.yaml',
  YAML_UNREADABLE: 'mend it there, or exclude the file in holdfast.yaml',
  NESTING_TOO_DEEP: 'exclude the file in holdfast.yaml if it is no manifest',
} as const;

function problemAt(
  code: keyof typeof hints,
  message: string,
  offset: number,
  reading: Reading,
  lines: LineTable,
): Problem {
  return { code, message, hint: hints[code], file: reading.fileName, ...lines.position(offset) };
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
