import type { Problem } from '../findings/finding.ts';
import { isDockerfileName, readDockerfile } from './dockerfile.ts';
import { splitDocuments } from './documents.ts';
import { findIgnoredLines } from './ignore-comments.ts';
import type { ImageField } from './image-field.ts';
import { isImageListName, readImageList } from './image-list.ts';
import { type LineTable, makeLineTable } from './line-table.ts';
import { readYamlDocument } from './read-yaml.ts';
import { type FoundField, makeReading } from './reading.ts';
import { type ImageRules, noRules } from './rules.ts';

export type FindOptions = {
  /** Relative to the PATH given, `/` as separator: names tell kustomizations, lists and Dockerfiles apart. */
  readonly fileName: string;
  /** What `holdfast.yaml` adds and leaves out. */
  readonly rules?: ImageRules;
};

export type FoundImages = {
  /** In source order. */
  readonly fields: readonly ImageField[];
  readonly problems: readonly Problem[];
};

/** A larger file is no manifest a person keeps; parsing one would take minutes. */
const textLengthMax = 64 * 1024 * 1024;

/**
 * Every image field in the text of a file: Kubernetes objects, kustomizations, Helm values and templates,
 * workflows, Compose files, lists of images, Dockerfiles. Never throws: what could not be read is a problem
 * with its place, and what could be read is found all the same.
 *
 * Found is what a key means, what a value looks like and where both stand; see `judge-value.ts`.
 */
export function findImageFields(text: string, options: FindOptions): FoundImages {
  const { fileName, rules = noRules } = options;
  const lines = makeLineTable(text);
  const refusal = refuse(text, fileName, lines);
  if (refusal !== undefined) return { fields: [], problems: [refusal] };
  const ignored = findIgnoredLines(text);
  const fields: ImageField[] = [];
  const problems: Problem[] = [];
  const keep = (found: readonly FoundField[], document: number): void => {
    for (const field of found.toSorted((a, b) => firstAt(a) - firstAt(b))) {
      if (!isIgnored(field, ignored, lines)) fields.push(placed(field, document, lines));
    }
  };
  const reading = (): ReturnType<typeof makeReading> => makeReading(fileName, rules);
  const readAsText = textReaderFor(fileName);
  if (readAsText !== undefined) {
    const whole = reading();
    readAsText(whole, text);
    keep(whole.found, 0);
    return { fields, problems };
  }
  for (const range of splitDocuments(text)) {
    const document = reading();
    const problem = readYamlDocument(document, text, range, lines);
    if (problem !== undefined) problems.push(problem);
    keep(document.found, range.number);
  }
  return { fields, problems };
}

function textReaderFor(fileName: string): typeof readImageList | undefined {
  if (isDockerfileName(fileName)) return readDockerfile;
  return isImageListName(fileName) ? readImageList : undefined;
}

function refuse(text: string, fileName: string, lines: LineTable): Problem | undefined {
  if (text.length > textLengthMax) {
    return {
      code: 'FILE_TOO_LARGE',
      message: `${text.length} characters are more than the ${textLengthMax} that are read`,
      hint: 'split it, or exclude it in holdfast.yaml',
      file: fileName,
    };
  }
  const nul = text.indexOf('\0');
  if (nul === -1) return undefined;
  return {
    code: 'FILE_BINARY',
    message: 'holds a NUL byte, so it is no text',
    hint: 'save it as UTF-8, or exclude it in holdfast.yaml',
    file: fileName,
    ...lines.position(nul),
  };
}

function isIgnored(field: FoundField, ignored: ReadonlySet<number> | undefined, lines: LineTable): boolean {
  return ignored !== undefined && field.touches.some((offset) => ignored.has(lines.position(offset).line));
}

/** Where a field stands: at its name, for a tag or digest may be an alias of something far above, a registry shared. */
function firstAt({ parts }: Pick<FoundField, 'parts'>): number {
  const name =
    parts.find((part) => part.role !== 'tag' && part.role !== 'digest' && part.shared !== true) ?? parts[0];
  return name?.start ?? 0;
}

function placed(found: FoundField, document: number, lines: LineTable): ImageField {
  const { touches: _touches, ...field } = found;
  return { ...field, document, ...lines.position(firstAt(found)) };
}
