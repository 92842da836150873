import type { ManifestObject } from './image-field.ts';

/**
 * What a project says in `holdfast.yaml` about image fields the finder cannot know by itself, and about those
 * it should leave alone.
 *
 * A key path is keys joined by dots, from the top of the object or from anywhere below it when it begins with
 * `**.`: `spec.runner.base`, `**.sandbox`, `spec.jobs.*.img`. `*` is any one key or list item, `**` any number
 * of them; `[]` behind a key means its list items.
 */
export type ImageRules = {
  /** Fields that hold a reference, whole or split, in any object. */
  readonly paths: readonly string[];
  /** The same, for objects of one kind only. */
  readonly kinds: readonly KindRule[];
  /** A field is left out where every part given of one of these fits. */
  readonly exclude: readonly Exclusion[];
};

export type KindRule = {
  readonly kind: string;
  /** Group/version, or only the group; any where absent. */
  readonly apiVersion?: string;
  readonly paths: readonly string[];
};

/** In `file` and `reference`, `*` is any text without `/` and `**` any text; in front, `**` + `/` may be nothing. */
export type Exclusion = {
  readonly file?: string;
  readonly kind?: string;
  /** A key path. */
  readonly path?: string;
  /** Of the reference as written. */
  readonly reference?: string;
};

export const noRules: ImageRules = { paths: [], kinds: [], exclude: [] };

/** Whether a project's own rules call this place an image field. */
export function isNamedByRules(
  rules: ImageRules,
  keys: readonly string[],
  object: ManifestObject | undefined,
): boolean {
  if (rules.paths.some((path) => matchesKeyPath(path, keys))) return true;
  return rules.kinds.some(
    (rule) => fitsKind(rule, object) && rule.paths.some((path) => matchesKeyPath(path, keys)),
  );
}

/** Whether an exclusion covers a field. */
export function isExcluded(
  rules: ImageRules,
  field: {
    readonly file: string;
    readonly keys: readonly string[];
    readonly kind: string | undefined;
    readonly reference: string;
  },
): boolean {
  return rules.exclude.some(
    (exclusion) =>
      Object.keys(exclusion).length > 0 &&
      (exclusion.file === undefined || matchesGlob(exclusion.file, field.file)) &&
      (exclusion.kind === undefined || exclusion.kind === field.kind) &&
      (exclusion.path === undefined || matchesKeyPath(exclusion.path, field.keys)) &&
      (exclusion.reference === undefined || matchesGlob(exclusion.reference, field.reference)),
  );
}

/** Whether whole files are left out, so that they need not be read. For a folder and all in it, end it in `/`. */
export function excludesFile(rules: ImageRules, file: string): boolean {
  return rules.exclude.some(
    (exclusion) =>
      exclusion.file !== undefined &&
      Object.keys(exclusion).length === 1 &&
      matchesGlob(exclusion.file, file),
  );
}

function fitsKind(rule: KindRule, object: ManifestObject | undefined): boolean {
  if (object === undefined || rule.kind !== object.kind) return false;
  const { apiVersion } = rule;
  return (
    apiVersion === undefined ||
    apiVersion === object.apiVersion ||
    object.apiVersion.startsWith(`${apiVersion}/`)
  );
}

/** What is wrong with a key path, as a sentence about it; undefined where nothing is. */
export function keyPathFault(path: string): string | undefined {
  for (const step of path.split('.')) {
    const key = step.replace(/(\[\])+$/, '');
    if (step === '') return 'has a dot without a key before or behind it';
    if (key === '') return 'has [] without a key in front of it';
    if (/[[\]]/.test(key))
      return 'may have brackets only as [] at the end of a key, with a dot before the next';
    if (key.includes('*') && key !== '*' && key !== '**')
      return 'may have * and ** only in place of a whole key';
  }
  return undefined;
}

/** Whether the keys from the top of an object fit a key path. */
export function matchesKeyPath(path: string, keys: readonly string[]): boolean {
  const steps = path
    .replaceAll('[]', '.*')
    .split('.')
    .filter((step) => step !== '');
  return matchesSteps(steps, keys, (step, key) => step === '*' || step === key, '**');
}

/** Whether the text fits a glob of `*` (no `/`), `**` and plain characters. Linear per star: never backtracks twice. */
function matchesGlob(glob: string, text: string): boolean {
  // As in .gitignore: any folders in front, or none.
  if (glob.startsWith('**/') && matchesGlob(glob.slice(3), text)) return true;
  const steps = glob.match(/\*\*|[\s\S]/g) ?? [];
  const single = steps.flatMap((step) => (step === '*' ? [anyButSlash] : [step]));
  return matchesSteps(single, text.split(''), (step, character) => step === character, '**', anyButSlash);
}

const anyButSlash = '\u0000*';

/**
 * Matches a list of steps against a list of things, `star` standing for any number of them. Table by table
 * row instead of recursion: a hostile pattern costs steps × things, never more.
 */
function matchesSteps(
  steps: readonly string[],
  things: readonly string[],
  fits: (step: string, thing: string) => boolean,
  star: string,
  starButSlash?: string,
): boolean {
  let reached = new Uint8Array(things.length + 1);
  reached[0] = 1;
  for (const step of steps) {
    const next = new Uint8Array(things.length + 1);
    const isStar = step === star || step === starButSlash;
    for (let index = 0; index <= things.length; index += 1) {
      const thing = things[index - 1];
      if (isStar) {
        const carried = index > 0 && next[index - 1] === 1 && (step === star || thing !== '/');
        if (reached[index] === 1 || carried) next[index] = 1;
      } else if (index > 0 && reached[index - 1] === 1 && thing !== undefined && fits(step, thing)) {
        next[index] = 1;
      }
    }
    reached = next;
  }
  return reached[things.length] === 1;
}
