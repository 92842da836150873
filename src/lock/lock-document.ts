import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLMap } from 'yaml';
import { LockError } from './errors.ts';

/** Most bytes of a lock file, in UTF-16 code units: room for 20,000 entries with five platforms each. */
export const lockSizeMax = 16 * 1024 * 1024;
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
  /** Maps of a list; empty where the key is absent. */
  maps(key: string): readonly LockMap[];
  /** Scalars of a list; empty where the key is absent. */
  texts(key: string): readonly string[];
  unreadable(message: string, hint?: string): LockError;
};

/**
 * The maps at the top of a lock file's documents.
 * @throws LockError `LOCK_TOO_LARGE`, `LOCK_CONFLICT`, `LOCK_UNREADABLE`
 */
export function readLockDocuments(text: string, file: string): readonly LockMap[] {
  if (text.length > lockSizeMax) {
    throw new LockError('LOCK_TOO_LARGE', `${file} has more than ${lockSizeMax} characters`, {
      hint: 'is it a lock file at all?',
    });
  }
  refuseConflict(text, file);
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  for (const document of documents) {
    const error = document.errors[0];
    if (error !== undefined) {
      throw unreadableAt(file, lines.linePos(error.pos[0]).line, error.message);
    }
  }
  return documents.flatMap(({ contents }) => {
    if (contents === null) return [];
    if (!isMap(contents)) throw unreadableAt(file, 1, 'expected a map at the top');
    return [lockMap(contents, { file, lines })];
  });
}

function refuseConflict(text: string, file: string): void {
  const marker = /^(?:<{7}|\|{7}|={7}|>{7})(?:[ \t].*)?\r?$/m.exec(text);
  if (marker === null) return;
  const line = text.slice(0, marker.index).split('\n').length;
  throw new LockError('LOCK_CONFLICT', `${file}:${line} has a merge conflict marker`, {
    hint: 'take either side whole, then run "holdfast lock" with the same PATHs: it adds what is missing',
  });
}

type Place = { readonly file: string; readonly lines: LineCounter };

function lockMap(node: YAMLMap, place: Place): LockMap {
  const line = place.lines.linePos(node.range?.[0] ?? 0).line;
  const unreadable = (message: string, hint?: string): LockError =>
    unreadableAt(place.file, line, message, hint);
  const list = (key: string): readonly unknown[] => {
    const value = node.get(key, true);
    if (isAbsent(value)) return [];
    if (!isSeq(value)) throw unreadable(`expected a list under ${key}`);
    if (value.items.length > lockEntriesMax) {
      throw new LockError('LOCK_TOO_LARGE', `${place.file}:${line} has over ${lockEntriesMax} ${key}`);
    }
    return value.items;
  };
  const text = (key: string): string | undefined => {
    const value = node.get(key, true);
    if (isAbsent(value)) return undefined;
    return scalarText(value) ?? fail(unreadable(`expected a text under ${key}`));
  };
  return {
    line,
    text,
    unreadable,
    requiredText: (key) => text(key) ?? fail(unreadable(`expected ${key}`)),
    map(key) {
      const value: unknown = node.get(key, true);
      if (isAbsent(value)) return undefined;
      return isMap(value) ? lockMap(value, place) : fail(unreadable(`expected a map under ${key}`));
    },
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
  if (!isScalar(node)) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (isScalar(value) && value.value === null);
}

function unreadableAt(file: string, line: number, message: string, hint?: string): LockError {
  return new LockError('LOCK_UNREADABLE', `${file}:${line} is no lock file: ${message}`, {
    hint: hint ?? 'restore it from Git, or remove it and run "holdfast lock" again',
  });
}

function fail(error: LockError): never {
  throw error;
}
