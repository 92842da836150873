import { dirname, join, normalize } from 'node:path/posix';
import { RE2JS } from 're2js';
import { parse } from 'yaml';
import type { DeclaredFile } from '../declared/declared.ts';
import { isKustomization, kustomizationNames } from '../declared/kustomization.ts';
import type { Finding } from '../findings/finding.ts';
import { type FieldPlace, fieldsOf, findingAt } from './declared-image.ts';

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
 * Kustomize entries whose `name` matches no image below them: kustomize ignores such an entry silently. Entries
 * in other objects (Flux's Kustomization, a HelmRelease's post-renderer) work on what is elsewhere. Where a
 * kustomization takes in something that is not among these files (a URL, a chart), nothing is said.
 */
export function checkKustomizeEntries(files: readonly DeclaredFile[], cwd: string): readonly Finding[] {
  const byPath = new Map(files.map((file) => [pathOfFile(file), file]));
  return files.flatMap((file) => {
    if (!isKustomization(file.file)) return [];
    const entries = fieldsOf(file, cwd).filter(({ field }) => /^\/images\/\d+(?:\/|$)/.test(field.pointer));
    if (entries.length === 0) return [];
    const reach = reachOf(pathOfFile(file), byPath);
    return reach.isWhole ? entries.flatMap((entry) => checkEntry(entry, reach, byPath)) : [];
  });
}

function checkEntry(
  entry: FieldPlace,
  reach: Reach,
  byPath: ReadonlyMap<string, DeclaredFile>,
): readonly Finding[] {
  const name = entry.field.parts.find((part) => part.role === 'match')?.value;
  if (name === undefined || [...reach.files].some((path) => holdsName(byPath.get(path), name, entry)))
    return [];
  const message = `images entry ${JSON.stringify(name)} matches no image of this kustomization`;
  return [findingAt(entry, 'kustomize-no-match', message, hintFor(name))];
}

function holdsName(file: DeclaredFile | undefined, name: string, entry: FieldPlace): boolean {
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

function reachOf(start: string, byPath: ReadonlyMap<string, DeclaredFile>): Reach {
  const files = new Set<string>();
  const queue = [start];
  let isWhole = true;
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file) || files.size >= reachMax) continue;
    files.add(file);
    if (!isKustomization(file)) continue;
    const next = entriesOf(byPath.get(file)?.text ?? '');
    if (next === undefined) return { files, isWhole: false };
    for (const entry of next) {
      const found = locate(join(dirname(file), entry), byPath);
      if (found === undefined) isWhole = false;
      else queue.push(found);
    }
  }
  return { files, isWhole };
}

/** Two PATHs may hold files of one name, so the real path decides where there is one. */
function pathOfFile(file: DeclaredFile): string {
  return normalize(file.path ?? file.file);
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
  // A component changes what the kustomization that takes it in holds, which is not told here.
  if (map['kind'] === 'Component' || opaqueKeys.some((key) => map[key] !== undefined)) return undefined;
  const lists = ['resources', 'bases', 'components', 'patches', 'patchesStrategicMerge', 'patchesJson6902'];
  return lists.flatMap((key) => (Array.isArray(map[key]) ? map[key].flatMap(pathOf) : []));
}

/** A path; nothing for a patch written inline. */
function pathOf(entry: unknown): readonly string[] {
  if (typeof entry === 'string') return entry.includes('\n') ? [] : [entry];
  if (typeof entry !== 'object' || entry === null || !('path' in entry)) return [];
  return typeof entry.path === 'string' ? [entry.path] : [];
}

function locate(path: string, byPath: ReadonlyMap<string, DeclaredFile>): string | undefined {
  const candidates = [path, ...kustomizationNames.map((name) => join(path, name))];
  return candidates.find((candidate) => byPath.has(candidate));
}

function hintFor(name: string): string {
  return /[[\](){}*+?|\\^$]/.test(name)
    ? 'kustomize reads the name as a regular expression; write the image name as the manifests have it'
    : 'write the name exactly as the manifests have it, registry included, without tag; or remove the entry';
}
