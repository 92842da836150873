import { dirname, join, normalize } from 'node:path/posix';
import { RE2JS } from 're2js';
import { parse } from 'yaml';
import type { DeclaredFile } from '../declared/declared.ts';
import type { Finding } from '../findings/finding.ts';
import type { ImageField } from '../manifests/image-field.ts';
import { type DeclaredImage, findingAt } from './declared-image.ts';

/** Names a kustomization file may have. Source: kustomize, `konfig.RecognizedKustomizationFileNames`. */
const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** Keys whose content is not on disk here, so that nothing can be said of what they bring. */
const opaqueKeys = [
  'helmCharts',
  'helmChartInflationGenerator',
  'generators',
  'transformers',
  'crds',
] as const;

/** Most files followed from one kustomization: a loop of bases must end. */
const reachMax = 10_000;

type Reach = { readonly files: ReadonlySet<string>; readonly isWhole: boolean };

/**
 * Kustomize entries whose `name` matches no image below them: kustomize ignores such an entry silently. Where a
 * kustomization takes in something that is not among these files (a URL, a chart), nothing is said.
 */
export function checkKustomizeEntries(
  files: readonly DeclaredFile[],
  images: readonly DeclaredImage[],
): readonly Finding[] {
  const byName = new Map(files.map((file) => [normalize(file.file), file]));
  const reaches = new Map<string, Reach>();
  return images.flatMap((image) => {
    const name = matchOf(image.field);
    if (name === undefined) return [];
    const reach = reaches.get(image.file) ?? reachOf(normalize(image.file), byName);
    reaches.set(image.file, reach);
    if (!reach.isWhole || [...reach.files].some((file) => holdsName(byName.get(file), name, image)))
      return [];
    const message = `images entry ${JSON.stringify(name)} matches no image of this kustomization`;
    return [findingAt(image, 'kustomize-no-match', message, hintFor(name))];
  });
}

function matchOf(field: ImageField): string | undefined {
  if (field.form !== 'kustomize') return undefined;
  return field.parts.find((part) => part.role === 'match')?.value;
}

function holdsName(file: DeclaredFile | undefined, name: string, entry: DeclaredImage): boolean {
  return (file?.fields ?? []).some((field) => {
    if (field === entry.field) return false;
    const written = field.parts.find((part) => part.role === 'newName')?.value ?? field.reference;
    return isMatched(name, written);
  });
}

/**
 * kustomize puts `name` into a regular expression unescaped, so `.` matches anything and `[` nothing. Go's syntax,
 * and linear time whatever the file says.
 * Source: kustomize api/internal/image, `IsImageMatched`.
 */
function isMatched(name: string, reference: string): boolean {
  try {
    return RE2JS.matches(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`, reference);
  } catch {
    return false;
  }
}

function reachOf(start: string, byName: ReadonlyMap<string, DeclaredFile>): Reach {
  const files = new Set<string>();
  const queue = [start];
  let isWhole = true;
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file) || files.size >= reachMax) continue;
    files.add(file);
    if (!isKustomization(file)) continue;
    const next = entriesOf(byName.get(file)?.text ?? '');
    if (next === undefined) return { files, isWhole: false };
    for (const entry of next) {
      const found = locate(join(dirname(file), entry), byName);
      if (found === undefined) isWhole = false;
      else queue.push(found);
    }
  }
  return { files, isWhole };
}

/** What a kustomization takes in, as written; undefined where that cannot be told. */
function entriesOf(text: string): readonly string[] | undefined {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  const map = document as Readonly<Record<string, unknown>>;
  if (opaqueKeys.some((key) => map[key] !== undefined)) return undefined;
  const lists = ['resources', 'bases', 'components', 'patches', 'patchesStrategicMerge', 'patchesJson6902'];
  return lists.flatMap((key) => (Array.isArray(map[key]) ? map[key].flatMap(pathOf) : []));
}

/** A path; nothing for a patch written inline. */
function pathOf(entry: unknown): readonly string[] {
  if (typeof entry === 'string') return entry.includes('\n') ? [] : [entry];
  if (typeof entry !== 'object' || entry === null || !('path' in entry)) return [];
  return typeof entry.path === 'string' ? [entry.path] : [];
}

function locate(path: string, byName: ReadonlyMap<string, DeclaredFile>): string | undefined {
  const candidates = [path, ...kustomizationNames.map((name) => join(path, name))];
  return candidates.find((candidate) => byName.has(candidate));
}

function isKustomization(file: string): boolean {
  return kustomizationNames.some((name) => file === name || file.endsWith(`/${name}`));
}

function hintFor(name: string): string {
  return /[[\](){}*+?|\\^$]/.test(name)
    ? 'kustomize reads the name as a regular expression; write the image name as the manifests have it'
    : 'write the name exactly as the manifests have it, registry included, without tag; or remove the entry';
}
