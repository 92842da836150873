import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { enclosingParts, hasLooseTag } from './enclosing-parts.ts';
import type { ManifestObject } from './image-field.ts';
import { isProduct, judgeValue } from './judge-value.ts';
import type { KeyedLeaf } from './key-groups.ts';
import { keyMeaning } from './key-meaning.ts';
import { readKustomizeEntry } from './kustomize-entry.ts';
import {
  keysOf,
  type Leaf,
  makeLeaf,
  type ParsedMap,
  type ParsedSeq,
  type Place,
  partOf,
  type Sheet,
} from './leaf.ts';
import { listEntries, type MapEntry, objectOf } from './map-entries.ts';
import { readNestedDocuments } from './nested-document.ts';
import { declaresNoImages, isForeignKey, isProductKey, isSchema, isSkippedKey } from './not-images.ts';
import { type Reading, report } from './reading.ts';
import { isNamedByRules } from './rules.ts';
import { dialectOf, type Scope } from './scope.ts';
import { findSplitReferences } from './split-reference.ts';
import { findPieces, mayHoldDocument } from './string-content.ts';
import { isNameOnly, valueShape } from './value-shape.ts';

/** Deeper nodes are not followed: no manifest nests so, and each level costs stack. */
const depthMax = 200;
const containerLists = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/** Finds every field in a parsed document, into `reading`. */
export function readDocument(
  reading: Reading,
  sheet: Sheet,
  root: ParsedNode | null,
  object: ManifestObject | undefined,
): void {
  const place: Place = { parent: undefined, key: '', anchored: undefined };
  const scope: Scope = {
    reading,
    sheet,
    object,
    key: '',
    keyAt: undefined,
    about: 'other',
    isListItem: false,
    enclosing: undefined,
    isVersioned: false,
    isBuilt: false,
    schema: undefined,
    dialect: 'plain',
    depth: sheet.depth,
  };
  if (root !== null) readNode(scope, root, place);
}

function readNode(scope: Scope, node: ParsedNode, place: Place): void {
  if (scope.depth > depthMax) {
    scope.reading.isTooDeep = true;
    return;
  }
  if (node.anchor !== undefined) scope.sheet.anchors.set(node.anchor, { node, place });
  if (isMap(node)) readMap(scope, node, place);
  else if (isSeq(node)) readSeq(scope, node, place);
  else if (isScalar(node)) readString(scope, scope.key, makeLeaf(scope.sheet, node, place));
  else if (isAlias(node)) followAlias(scope, node.source);
}

/** What an alias leads to is read in the alias's surroundings, but once: its own place is where it is edited. */
function followAlias(scope: Scope, anchor: string): void {
  const target = scope.sheet.anchors.get(anchor);
  if (target === undefined) return;
  if (isScalar(target.node)) {
    readString(scope, scope.key, makeLeaf(scope.sheet, target.node, target.place));
  } else if (scope.about !== 'other' && !scope.reading.followed.has(target.node)) {
    scope.reading.followed.add(target.node);
    readNode(scope, target.node, target.place);
  }
}

function readMap(outer: Scope, map: ParsedMap, place: Place): void {
  const entries = listEntries(outer.sheet, map, place);
  const keys = new Set(entries.map((entry) => entry.key));
  const ownObject = objectOf(entries);
  const object = ownObject ?? outer.object;
  const typeUnderImage =
    outer.about === 'image' && !outer.isListItem
      ? entries.find((entry) => entry.key === 'type')?.leaf?.value
      : undefined;
  if (declaresNoImages(ownObject) || isSchema(keys, typeUnderImage)) return;
  const isTop = place.parent === undefined && outer.sheet.outer === undefined;
  const dialect =
    ownObject !== undefined || isTop ? dialectOf(outer.reading.fileName, ownObject, keys) : outer.dialect;
  const scope: Scope = {
    ...outer,
    object,
    dialect,
    enclosing: enclosingParts(outer.sheet, entries) ?? outer.enclosing,
    isVersioned: outer.schema !== 'container' && hasLooseTag(entries),
    isBuilt: (keys.has('build') && object === undefined) || isProductKey(outer.key),
  };
  const leaves = entries.flatMap((entry) =>
    entry.leaf === undefined ? [] : [{ key: entry.key, leaf: entry.leaf }],
  );
  if (readKustomize(scope, leaves, place)) return;
  readSplit(scope, leaves, place);
  const name = nameBeside(leaves);
  for (const entry of entries) {
    if (entry.isInherited || isSkippedKey(entry.key, object)) continue;
    if (ownObject !== undefined && entry.key === 'status') continue;
    readEntry(scope, entry, name);
  }
}

function readEntry(scope: Scope, entry: MapEntry, name: string | undefined): void {
  const isValue = name !== undefined && /^(?:value|default|stringValue)$/.test(entry.key);
  const key = isValue ? name : entry.key;
  const inner: Scope = {
    ...scope,
    keyAt: entry.keyAt,
    depth: scope.depth + 1,
  };
  if (entry.leaf !== undefined) readString(inner, key, entry.leaf);
  else if (entry.node !== null) readNode(below(inner, key, entry.place), entry.node, entry.place);
}

/** The scope of what stands under a key. */
function below(scope: Scope, key: string, place: Place): Scope {
  const meaning = isRuled(scope, place) ? 'image' : keyMeaning(key);
  const wasAbout = scope.about === 'other' ? 'other' : 'images';
  return {
    ...scope,
    key,
    isListItem: false,
    about: meaning === 'image' ? 'image' : meaning === 'images' ? 'images' : wasAbout,
    schema: schemaBelow(scope, key),
  };
}

function schemaBelow(scope: Scope, key: string): Scope['schema'] {
  if (scope.schema === 'volume' && key === 'image') return 'image-volume';
  if (scope.dialect !== 'workflow') return undefined;
  // A job's `container:` and each of its `services:`.
  if (key === 'services') return 'services';
  return key === 'container' || scope.schema === 'services' ? 'container' : undefined;
}

function readSeq(scope: Scope, seq: ParsedSeq, place: Place): void {
  const item: Scope = {
    ...scope,
    isListItem: true,
    schema: containerLists.has(scope.key) ? 'container' : scope.key === 'volumes' ? 'volume' : undefined,
    depth: scope.depth + 1,
  };
  readNamedParts(item, seq, place);
  let before = '';
  for (const [index, node] of seq.items.entries()) {
    const itemPlace: Place = {
      parent: place,
      key: String(index),
      anchored: node.anchor === undefined ? undefined : node,
    };
    if (isScalar(node)) {
      const leaf = makeLeaf(item.sheet, node, itemPlace);
      // `--sidecar-image`, then its value; or an item of `nodeImages`.
      const flag = /^--?[A-Za-z][\w.-]*$/.test(before) ? before : undefined;
      const listKey = keyMeaning(scope.key) === 'image' ? scope.key : '';
      readString(item, flag ?? listKey, leaf);
      before = leaf.value;
    } else {
      readNode(item, node, itemPlace);
      before = '';
    }
  }
}

/** A list of names and values read as one map: helm parameters `image.repository` and `image.tag`, split environment. */
function readNamedParts(scope: Scope, seq: ParsedSeq, place: Place): void {
  const leaves = seq.items.flatMap((node, index): KeyedLeaf[] => {
    if (!isMap(node)) return [];
    const entries = listEntries(scope.sheet, node, {
      parent: place,
      key: String(index),
      anchored: undefined,
    });
    const own = entries.flatMap((entry) =>
      entry.leaf === undefined ? [] : [{ key: entry.key, leaf: entry.leaf }],
    );
    const name = nameBeside(own);
    const value = own.find((entry) => entry.key === 'value' || entry.key === 'default');
    return name === undefined || value === undefined ? [] : [{ key: name, leaf: value.leaf }];
  });
  if (leaves.length > 1) readSplit({ ...scope, about: 'other' }, leaves, place);
}

/** The name that says what the value beside it is: a parameter's, a variable's, a question's, a JSON patch's path. */
function nameBeside(leaves: readonly KeyedLeaf[]): string | undefined {
  const value = (key: string): string | undefined => leaves.find((entry) => entry.key === key)?.leaf.value;
  if (value('op') !== undefined) {
    return value('path')
      ?.split('/')
      .findLast((step) => !/^(?:\d+|-)$/.test(step));
  }
  return value('name') ?? value('key') ?? value('parameter') ?? value('variable');
}

function readKustomize(scope: Scope, leaves: readonly KeyedLeaf[], place: Place): boolean {
  if (scope.key !== 'images' || !scope.isListItem) return false;
  const entry = readKustomizeEntry(leaves, scope.dialect === 'kustomization');
  if (entry === undefined) return false;
  if (entry.kind === 'placeholder') return true;
  report(scope.reading, {
    reference: entry.reference,
    parts: entry.parts,
    form: 'kustomize',
    confidence: scope.dialect === 'kustomization' ? 'certain' : 'likely',
    foundBy: 'kustomize-entry',
    sheet: scope.sheet,
    place,
    object: scope.object,
  });
  return true;
}

function readSplit(scope: Scope, leaves: readonly KeyedLeaf[], place: Place): void {
  const surroundings = {
    isImage: scope.about !== 'other',
    isShared: keyMeaning(scope.key) === 'images' && !scope.isListItem,
    isListItem: scope.isListItem,
    isContainer: scope.schema === 'container',
    enclosing: scope.enclosing,
  };
  for (const split of findSplitReferences(leaves, surroundings)) {
    for (const leaf of split.leaves) scope.reading.used.add(leaf.node);
    report(scope.reading, {
      reference: split.reference,
      parts: split.parts,
      form: 'split',
      confidence: split.isSure ? 'likely' : 'possible',
      foundBy: 'split-map',
      sheet: scope.sheet,
      place,
      object: scope.object,
      keyAt: scope.keyAt,
    });
  }
}

/** A scalar: one reference, several in one string, or a document in a string. */
function readString(scope: Scope, key: string, leaf: Leaf): void {
  const { reading, sheet, object, keyAt } = scope;
  if (leaf.value.length < 2 || reading.used.has(leaf.node)) return;
  const place = leaf.place;
  const about = { sheet, place, object, keyAt };
  const isNamed = isRuled(scope, place) && valueShape(leaf.value) !== 'none';
  const verdict = isNamed
    ? ({ confidence: 'certain', foundBy: 'rule' } as const)
    : judgeValue(scope, key, leaf.value);
  if (verdict !== undefined) {
    const isOpen = scope.isVersioned && isNameOnly(leaf.value);
    report(reading, {
      ...about,
      ...verdict,
      reference: leaf.value,
      form: isOpen ? 'split' : 'string',
      parts: [partOf(leaf, isOpen ? 'repository' : 'reference')],
    });
    return;
  }
  const meaning = keyMeaning(key);
  const isImage =
    (meaning === 'image' || meaning === 'images' || scope.about !== 'other') && scope.dialect !== 'workflow';
  const isForeign = isForeignKey(key);
  const pieces = isForeign && !leaf.value.startsWith('docker://') ? [] : findPieces(leaf.value, isImage);
  for (const { from, to } of pieces) {
    report(reading, {
      ...about,
      reference: leaf.value.slice(from, to),
      form: 'embedded',
      confidence: isProduct(scope, key) ? 'possible' : 'likely',
      foundBy: 'string-piece',
      parts: [partOf(leaf, 'reference', from, to)],
    });
  }
  if (!isForeign && mayHoldDocument(leaf.value)) {
    readNestedDocuments(leaf, (nested, root) => {
      readDocument(reading, nested, root, object);
    });
  }
}

/** Whether the project's own rules name a place. */
function isRuled({ reading, sheet, object }: Scope, place: Place): boolean {
  const { rules } = reading;
  if (rules.paths.length === 0 && rules.kinds.length === 0) return false;
  const outer = sheet.outer === undefined ? [] : keysOf(sheet.outer);
  return isNamedByRules(rules, [...outer, ...keysOf(place)], object);
}
