import { parseDocument } from 'yaml';
import { describeError } from '../errors.ts';
import { type Exclusion, type ImageRules, type KindRule, keyPathFault } from '../manifests/rules.ts';
import { nearestName } from '../spelling.ts';
import { DeclaredError } from './errors.ts';

export const rulesFileName = 'holdfast.yaml';

/** The `version:` this Holdfast reads. A file that says more comes from a newer one. */
const newestVersion = 1;

/** A value in the file and the path of keys that leads to it, e.g. `images.exclude[0]`. */
type Place = { readonly at: string; readonly value: unknown };

/**
 * The rules in a `holdfast.yaml`. Strict: a key that is not known is an error, since a rule with a slip of
 * the pen would silently rule nothing.
 *
 * @param file how the file is called in messages
 * @throws DeclaredError `CONFIG_INVALID`, `CONFIG_TOO_NEW`
 */
export function parseRulesFile(text: string, file: string): ImageRules {
  try {
    const value = parseYaml(text);
    // Before anything else: a newer file may hold any keys.
    refuseNewer(value, file);
    const top = fieldsOf({ at: '', value }, ['version', 'images']);
    if (top.version.value !== newestVersion) throw wrong(top.version, `must be ${newestVersion}`);
    const images = fieldsOf(top.images, ['paths', 'kinds', 'exclude']);
    return {
      paths: listOf(images.paths, keyPathOf),
      kinds: listOf(images.kinds, kindRuleOf),
      exclude: listOf(images.exclude, exclusionOf),
    };
  } catch (error) {
    if (error instanceof DeclaredError) throw error;
    throw new DeclaredError('CONFIG_INVALID', `${file}: ${describeError(error)}`, {
      hint: 'docs/configuration.md lists every key with an example',
      cause: error,
    });
  }
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message.split('\n')[0]?.replace(/:$/, ''));
  // No alias is expanded: a few lines of them can stand for gigabytes.
  return document.toJS({ maxAliasCount: 0 }) ?? {};
}

function refuseNewer(value: unknown, file: string): void {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : 0;
  if (typeof version !== 'number' || version <= newestVersion) return;
  throw new DeclaredError(
    'CONFIG_TOO_NEW',
    `${file} is written for a newer Holdfast: version ${version}, and this one reads ${newestVersion}`,
    { hint: `upgrade holdfast, or write the file as version ${newestVersion}` },
  );
}

function kindRuleOf(place: Place): KindRule {
  const { kind, apiVersion, paths } = fieldsOf(place, ['kind', 'apiVersion', 'paths']);
  return {
    kind: textOf(kind),
    paths: listOf(paths, keyPathOf),
    ...(apiVersion.value === undefined ? {} : { apiVersion: textOf(apiVersion) }),
  };
}

const exclusionKeys = ['file', 'kind', 'path', 'reference'] as const;

function exclusionOf(place: Place): Exclusion {
  const fields = fieldsOf(place, exclusionKeys);
  const given = exclusionKeys.filter((key) => fields[key].value !== undefined);
  if (given.length === 0) throw wrong(place, `needs one of ${exclusionKeys.join(', ')}`);
  return Object.fromEntries(given.map((key) => [key, (key === 'path' ? keyPathOf : textOf)(fields[key])]));
}

/** The values of a map under their keys; one that is not known is refused, with the nearest that is. */
function fieldsOf<Key extends string>(place: Place, keys: readonly Key[]): Readonly<Record<Key, Place>> {
  const value = place.value ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(place, 'must be a map');
  const given = new Map<string, unknown>(Object.entries(value));
  for (const key of given.keys()) {
    if (keys.some((known) => known === key)) continue;
    const near = nearestName(keys, key);
    const help = near === undefined ? `known are ${keys.join(', ')}` : `did you mean ${near}?`;
    throw new Error(`unknown key ${JSON.stringify(below(place.at, key))}; ${help}`);
  }
  const fields = keys.map((key) => [key, { at: below(place.at, key), value: given.get(key) }]);
  return Object.fromEntries(fields) as Record<Key, Place>;
}

function listOf<Item>(place: Place, read: (item: Place) => Item): readonly Item[] {
  const list = place.value ?? [];
  if (!Array.isArray(list)) throw wrong(place, 'must be a list');
  return list.map((value: unknown, index) => read({ at: `${place.at}[${index}]`, value }));
}

function textOf(place: Place): string {
  if (typeof place.value !== 'string' || place.value === '') throw wrong(place, 'must be a text');
  return place.value;
}

function keyPathOf(place: Place): string {
  const path = textOf(place);
  const fault = keyPathFault(path);
  if (fault !== undefined) throw wrong(place, `is no key path: it ${fault}`);
  return path;
}

function wrong({ at, value }: Place, must: string): Error {
  const got = value === undefined ? 'it is missing' : `got ${JSON.stringify(value)?.slice(0, 100)}`;
  return new Error(`${at === '' ? 'the file' : at} ${must}; ${got}`);
}

function below(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}
