import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { makeLineTable } from '../manifests/line-table.ts';
import { parseSheet } from '../manifests/yaml-sheet.ts';
import { LockError } from './errors.ts';

/** Most UTF-16 code units of a lock file: what an entry with ten platforms takes, several thousand times. */
export const lockSizeMax = 8 * 1024 * 1024;
/** Most entries: a product with all its versions has a few thousand images. */
export const lockEntriesMax = 20_000;

/** A YAML map of a lock file, read key by key, that knows its line for every complaint. */
export type LockMap = {
  readonly line: number;
  /** A scalar as text, undefined where the key is absent or empty. @throws LockError `LOCK_UNREADABLE` */
  text(key: string): string | undefined;
  /** @throws LockError `LOCK_UNREADABLE` where it is absent or empty */
  requiredText(key: string): string;
  map(key: string): LockMap | undefined;
  /** Every key that has a scalar, with its text. */
  allTexts(): Readonly<Record<string, string>>;
  /** Maps of a list; empty where the key is absent. */
  maps(key: string): readonly LockMap[];
  /** Scalars of a list; empty where the key is absent. */
  texts(key: string): readonly string[];
  unreadable(message: string, hint?: string): LockError;
};

/**
 * The map at the top of a lock file; undefined where the file holds nothing.
 * @throws LockError `LOCK_TOO_LARGE`, `LOCK_CONFLICT`, `LOCK_UNREADABLE`
 */
export function readLockDocument(text: string, file: string): LockMap | undefined {
  if (text.length > lockSizeMax) throw tooLarge(`${file} has more than ${lockSizeMax} characters`);
  refuseConflict(text, file);
  const lines = makeLineTable(text);
  const sheet = parseSheet({ text, toFile: (offset) => offset, isTemplate: false });
  if (sheet.kind !== 'parsed') throw tooLarge(`${file} is ${sheet.kind.replace('-', ' ')} to be read`);
  const [error] = sheet.errors;
  const place = { file, lineAt: (offset: number) => lines.position(offset).line };
  if (error !== undefined) throw unreadableAt(file, place.lineAt(error.offset), error.message);
  if (sheet.root === null || isAbsent(sheet.root)) return undefined;
  if (!isMap(sheet.root)) throw unreadableAt(file, 1, 'expected a map at the top');
  const another = /^(?:\.\.\.|---)[ \t]*\r?$/m.exec(text.slice(sheet.root.range[1]));
  if (another !== null) {
    throw unreadableAt(file, place.lineAt(sheet.root.range[1] + another.index), 'expected one YAML document');
  }
  return lockMap(sheet.root, place);
}

function refuseConflict(text: string, file: string): void {
  const marker = /^(?:<{7}|\|{7}|={7}|>{7})(?:[ \t].*)?\r?$/m.exec(text);
  if (marker === null) return;
  const line = text.slice(0, marker.index).split('\n').length;
  throw new LockError('LOCK_CONFLICT', `${file}:${line} has a merge conflict marker`, {
    hint: 'take either side whole, then run "holdfast lock" with the same PATHs: it adds what is missing',
  });
}

type Place = { readonly file: string; readonly lineAt: (offset: number) => number };

function lockMap(node: YAMLMap, place: Place): LockMap {
  const line = place.lineAt(node.range?.[0] ?? 0);
  const unreadable = (message: string, hint?: string): LockError =>
    unreadableAt(place.file, line, message, hint);
  const values = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const name = scalarText(key);
    if (name === undefined) throw unreadable('expected texts as keys');
    if (values.has(name)) {
      const at = isScalar(key) ? place.lineAt(key.range?.[0] ?? 0) : line;
      throw unreadableAt(place.file, at, `${name.slice(0, 80)} stands twice`);
    }
    values.set(name, value);
  }
  const list = (key: string): readonly unknown[] => {
    const value = values.get(key);
    if (isAbsent(value)) return [];
    if (!isSeq(value)) throw unreadable(`expected a list under ${key}`);
    if (value.items.length > lockEntriesMax) {
      throw tooLarge(`${place.file}:${line} has over ${lockEntriesMax} ${key}`);
    }
    return value.items;
  };
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    if (isAbsent(value)) return undefined;
    return scalarText(value) ?? fail(unreadable(`expected a text under ${key}`));
  };
  return {
    line,
    text,
    unreadable,
    requiredText: (key) => text(key) ?? fail(unreadable(`expected ${key}`)),
    map(key) {
      const value = values.get(key);
      if (isAbsent(value)) return undefined;
      return isMap(value) ? lockMap(value, place) : fail(unreadable(`expected a map under ${key}`));
    },
    allTexts: () =>
      Object.fromEntries(
        [...values].flatMap(([key, value]) => {
          const found = scalarText(value);
          return found === undefined ? [] : [[key, found] as const];
        }),
      ),
    maps: (key) =>
      list(key).map((item) =>
        isMap(item) ? lockMap(item, place) : fail(unreadable(`expected maps in the list under ${key}`)),
      ),
    texts: (key) =>
      list(key).map(
        (item) => scalarText(item) ?? fail(unreadable(`expected texts in the list under ${key}`)),
      ),
  };
}

/** A scalar as it is spelled: a tag `1.20` stays one. Aliases are no scalars, so no bomb can go off. */
function scalarText(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}

function isAbsent(value: unknown): boolean {
  return (
    value === undefined || value === null || (isScalar(value) && (value.value === null || value.value === ''))
  );
}

function tooLarge(message: string): LockError {
  return new LockError('LOCK_TOO_LARGE', message, { hint: 'is it a lock file at all?' });
}

function unreadableAt(file: string, line: number, message: string, hint?: string): LockError {
  return new LockError('LOCK_UNREADABLE', `${file}:${line} is no lock file: ${message}`, {
    hint: hint ?? 'restore it from Git, or remove it and run "holdfast lock" again',
  });
}

function fail(error: LockError): never {
  throw error;
}
