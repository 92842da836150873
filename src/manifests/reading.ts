import type { ParsedNode } from 'yaml';
import type { Confidence, ImageField, ImageForm, ImagePart, ManifestObject } from './image-field.ts';
import type { Place, Sheet } from './leaf.ts';
import { keysOf, pointerOf } from './leaf.ts';
import { type ImageRules, isExcluded } from './rules.ts';

/** A field as found, before the lines are counted. */
export type FoundField = Omit<ImageField, 'line' | 'column' | 'document'> & {
  /** Offsets of the file whose lines an ignore comment may stand on. */
  readonly touches: readonly number[];
};

/** What reading one document of a file gathers. Changed while reading. */
export type Reading = {
  readonly fileName: string;
  readonly rules: ImageRules;
  readonly found: FoundField[];
  /** Offsets of the parts of fields already reported: an alias leads to the same place again. */
  readonly reported: Set<string>;
  /** Scalars that were part of a split reference. */
  readonly used: Set<ParsedNode>;
  /** Anchored maps and lists already read from an alias. */
  readonly followed: Set<ParsedNode>;
  /** Whether nesting went deeper than we follow. */
  isTooDeep: boolean;
};

export function makeReading(fileName: string, rules: ImageRules): Reading {
  return {
    fileName,
    rules,
    found: [],
    reported: new Set(),
    used: new Set(),
    followed: new Set(),
    isTooDeep: false,
  };
}

export type Discovery = {
  readonly reference: string;
  readonly form: ImageForm;
  readonly confidence: Confidence;
  readonly foundBy: string;
  readonly parts: readonly ImagePart[];
  readonly sheet: Sheet;
  /** The scalar, or the map that holds the parts. */
  readonly place: Place;
  readonly object: ManifestObject | undefined;
  /** Offset in the sheet of the key above the parts, where a comment may stand. */
  readonly keyAt?: number | undefined;
};

/** Keeps a field, once, unless the project excludes it. */
export function report(reading: Reading, discovery: Discovery): void {
  const { reference, parts, sheet, place, object } = discovery;
  const identity = parts.map((part) => part.start).join();
  if (parts.length === 0 || reading.reported.has(identity)) return;
  const keys = sheet.outer === undefined ? keysOf(place) : [...keysOf(sheet.outer), ...keysOf(place)];
  const target = { file: reading.fileName, keys, kind: object?.kind, reference };
  reading.reported.add(identity);
  if (isExcluded(reading.rules, target)) return;
  reading.found.push({
    reference,
    form: formIn(sheet, discovery.form),
    confidence: discovery.confidence,
    pointer: pointerOf(sheet.outer ?? place),
    object,
    parts,
    foundBy: discovery.foundBy,
    touches: [
      ...parts.map((part) => part.start),
      ...(discovery.keyAt === undefined ? [] : [sheet.toFile(discovery.keyAt)]),
    ],
  });
}

/** A template is read as text, whatever stands in it; a string within a string is embedded. */
function formIn(sheet: Sheet, form: ImageForm): ImageForm {
  if (sheet.isTemplate) return 'text';
  return sheet.outer === undefined ? form : 'embedded';
}
