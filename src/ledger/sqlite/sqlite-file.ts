import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError } from '../../errors.ts';
import { LedgerError } from '../errors.ts';
import { SqliteDatabase, type SqliteOptions } from './sqlite-database.ts';
import { latestVersion, migrate, tooNew } from './sqlite-migrations.ts';

/** `HOLD`, which `file(1)` and we read at offset 68 of the file. Source: sqlite.org/fileformat.html. */
const applicationId = 0x484f4c44;
const magic = 'SQLite format 3\0';
const headerBytes = 100;

/** For its owner alone: a ledger tells what somebody runs. */
const folderMode = 0o700;

/** Pages held in memory: a scan of a million tags is no slower with 4 MB than with 16, the system has the rest. */
const cacheKiB = 4000;

/**
 * The database in a file, made where there is none, brought to the newest schema, in WAL mode and synced at
 * each commit. A file that is something else, newer or truncated is refused before SQLite opens it, so it
 * stays byte for byte what it was.
 * @throws LedgerError
 */
export function openSqliteFile(path: string, options: SqliteOptions = {}): SqliteDatabase {
  const size = sizeOf(path);
  if (size === undefined) createFile(path, options);
  if (size !== 0) checkHeader(path);
  const database = new SqliteDatabase(path, options);
  try {
    if (size === 0) initialize(database);
    database.exec('pragma synchronous = full; pragma foreign_keys = on; pragma temp_store = file');
    database.exec(`pragma cache_size = -${cacheKiB}`);
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Built beside its final name and then linked to it: two processes that begin at once, or one that is
 * killed, leave either no ledger or a whole one.
 */
function createFile(path: string, options: SqliteOptions): void {
  const draft = `${path}.new-${process.pid}`;
  try {
    makeFolder(dirname(path));
    removeDraft(draft);
    try {
      const database = new SqliteDatabase(draft, options);
      try {
        initialize(database);
      } finally {
        database.close();
      }
      linkUnlessThere(draft, path);
      syncFolder(dirname(path));
    } finally {
      removeDraft(draft);
    }
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw unreachable(path, error);
  }
}

/** Node's own `recursive` never ends where a folder is there and yet takes none, as `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: folderMode });
  } catch (error) {
    // Another process may have been first.
    if (!existsSync(folder)) throw error;
  }
}

function removeDraft(draft: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
}

/** Schema and mark in one transaction, so that a file with the mark has the schema. */
function initialize(database: SqliteDatabase): void {
  migrate(database, `pragma application_id = ${applicationId}`);
  database.exec('pragma journal_mode = wal');
}

/** Whoever comes second keeps what the first made. Some network and FAT file systems know no links. */
function linkUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    copyFileSync(draft, path, constants.COPYFILE_EXCL);
  }
}

/** The new name must be on disk before anything in the file is acknowledged. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Bytes in the file; undefined where there is none. */
function sizeOf(path: string): number | undefined {
  let stat: Stats | undefined;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreachable(path, error);
  }
  if (stat?.isDirectory() !== true) return stat?.size;
  throw new LedgerError('LEDGER_FOREIGN', `${path} is a folder, not a ledger`, {
    hint: `name a file in it, e.g. --ledger ${join(path, 'ledger.db')}`,
  });
}

/** @throws LedgerError `LEDGER_FOREIGN`, `LEDGER_TOO_NEW`, `LEDGER_DAMAGED`, `LEDGER_UNREACHABLE` */
function checkHeader(path: string): void {
  const header = readHeader(path);
  if (header.length < headerBytes || header.subarray(0, 16).toString('latin1') !== magic) {
    throw new LedgerError('LEDGER_FOREIGN', `${path} is not a ledger: it is no SQLite database`, foreignHint);
  }
  if (header.readUInt32BE(68) !== applicationId) {
    throw new LedgerError(
      'LEDGER_FOREIGN',
      `${path} is not a ledger: it is another application's database`,
      foreignHint,
    );
  }
  const version = header.readUInt32BE(60);
  if (version > latestVersion) throw tooNew(path, version);
  checkLength(path, header);
}

/** With a log or journal beside it a shorter file is normal: SQLite puts it right when it opens it. */
function checkLength(path: string, header: Buffer): void {
  if ((sizeOf(`${path}-wal`) ?? 0) > 0 || (sizeOf(`${path}-journal`) ?? 0) > 0) return;
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const expected = header.readUInt32BE(28) * pageBytes;
  const actual = statSync(path).size;
  if (actual >= expected) return;
  throw new LedgerError(
    'LEDGER_DAMAGED',
    `the ledger ${path} is truncated: expected ${expected} bytes, got ${actual}`,
    { hint: 'put a backup in its place, or move it away and let the next scan begin anew' },
  );
}

function readHeader(path: string): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const header = Buffer.alloc(headerBytes);
      return header.subarray(0, readSync(file, header, 0, headerBytes, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreachable(path, error);
  }
}

const foreignHint = { hint: 'name another file with --ledger FILE; this one was not touched' };

function unreachable(path: string, cause: unknown): LedgerError {
  return new LedgerError(
    'LEDGER_UNREACHABLE',
    `the ledger ${path} cannot be opened: ${describeError(cause)}`,
    { cause, hint: 'check that the folder exists and may be written, or name another with --ledger FILE' },
  );
}
