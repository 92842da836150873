import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import type { ManifestObject } from './image-field.ts';
import { type Leaf, makeLeaf, type ParsedMap, type Place, type Sheet } from './leaf.ts';
import { showMasked } from './template-mask.ts';

export type MapEntry = {
  readonly key: string;
  /** Offset of the key in the sheet. */
  readonly keyAt: number;
  readonly node: ParsedNode | null;
  /** The scalar, where the value is one or an alias of one: then at the anchor's place. */
  readonly leaf: Leaf | undefined;
  readonly place: Place;
  /** Came in by a merge key. */
  readonly isInherited: boolean;
};

/** How many merge keys are followed one behind another. */
const mergeDepthMax = 4;
/** A map that merges more than this is no manifest. */
const inheritedMax = 200;

/** A map's entries with scalar keys in source order, then the scalars its merge keys bring and it has not itself. */
export function listEntries(sheet: Sheet, map: ParsedMap, place: Place): MapEntry[] {
  const entries: MapEntry[] = [];
  for (const pair of map.items) {
    const { key, value } = pair;
    if (!isScalar(key) || typeof key.value !== 'string') continue;
    const own: Place = {
      parent: place,
      key: key.value,
      anchored: value?.anchor === undefined ? undefined : value,
    };
    if (isScalar(value) && value.anchor !== undefined) {
      sheet.anchors.set(value.anchor, { node: value, place: own });
    }
    entries.push({
      key: key.value,
      keyAt: key.range[0],
      node: value,
      leaf: leafOf(sheet, value, own),
      place: own,
      isInherited: false,
    });
  }
  return entries.some((entry) => entry.key === '<<') ? [...entries, ...inherited(sheet, entries)] : entries;
}

function leafOf(sheet: Sheet, node: ParsedNode | null, place: Place): Leaf | undefined {
  if (isScalar(node)) return makeLeaf(sheet, node, place);
  if (!isAlias(node)) return undefined;
  const target = sheet.anchors.get(node.source);
  return target !== undefined && isScalar(target.node)
    ? makeLeaf(sheet, target.node, target.place)
    : undefined;
}

function inherited(sheet: Sheet, entries: readonly MapEntry[], depth = 0): MapEntry[] {
  const known = new Set(entries.map((entry) => entry.key));
  const brought: MapEntry[] = [];
  for (const source of mergedNodes(entries)) {
    const target = sheet.anchors.get(source);
    if (target === undefined || !isMap(target.node) || depth >= mergeDepthMax) continue;
    for (const pair of target.node.items) {
      const { key, value } = pair;
      if (brought.length >= inheritedMax) return brought;
      if (!isScalar(key) || typeof key.value !== 'string' || known.has(key.value) || key.value === '<<')
        continue;
      const place: Place = { parent: target.place, key: key.value, anchored: undefined };
      const leaf = leafOf(sheet, value, place);
      if (leaf === undefined) continue;
      known.add(key.value);
      brought.push({ key: key.value, keyAt: key.range[0], node: value, leaf, place, isInherited: true });
    }
  }
  return brought;
}

/** Anchors named by `<<: *a` and `<<: [*a, *b]`. */
function mergedNodes(entries: readonly MapEntry[]): string[] {
  return entries.flatMap(({ key, node }) => {
    if (key !== '<<') return [];
    if (isAlias(node)) return [node.source];
    return isSeq(node) ? node.items.flatMap((item) => (isAlias(item) ? [item.source] : [])) : [];
  });
}

/** The Kubernetes object a map is, where it has apiVersion and kind. */
export function objectOf(entries: readonly MapEntry[]): ManifestObject | undefined {
  const apiVersion = textUnder(entries, 'apiVersion');
  const kind = textUnder(entries, 'kind');
  if (apiVersion === undefined || kind === undefined) return undefined;
  const metadata = entries.find((entry) => entry.key === 'metadata')?.node;
  const pairs = isMap(metadata) ? metadata.items : [];
  const field = (name: string): string | undefined => {
    const value = pairs.find(({ key }) => isScalar(key) && key.value === name)?.value;
    return isScalar(value) && typeof value.value === 'string' && value.value !== '' ? value.value : undefined;
  };
  const namespace = field('namespace');
  const name = field('name') ?? field('generateName');
  return {
    apiVersion: showMasked(apiVersion),
    kind: showMasked(kind),
    ...(namespace === undefined ? {} : { namespace: showMasked(namespace) }),
    ...(name === undefined ? {} : { name: showMasked(name) }),
  };
}

function textUnder(entries: readonly MapEntry[], key: string): string | undefined {
  const value = entries.find((entry) => entry.key === key)?.leaf?.value;
  return value === undefined || value === '' ? undefined : value;
}
