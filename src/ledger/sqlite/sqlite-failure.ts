import { describeError } from '../../errors.ts';
import { LedgerError, type LedgerErrorCode } from '../errors.ts';

/** Primary result codes. Source: sqlite.org/rescode.html. */
const codes: Readonly<Record<number, LedgerErrorCode>> = {
  5: 'LEDGER_LOCKED',
  6: 'LEDGER_LOCKED',
  8: 'LEDGER_UNREACHABLE',
  11: 'LEDGER_DAMAGED',
  13: 'LEDGER_FULL',
  14: 'LEDGER_UNREACHABLE',
  23: 'LEDGER_UNREACHABLE',
  26: 'LEDGER_FOREIGN',
};

/** Writing or growing the shared-memory file failed: in practice the disk is full. Extended result codes. */
const fullWithinIo: ReadonlySet<number> = new Set([778, 4874]);

/** What SQLite said, as a failure that names the file and says what to do. */
export function sqliteFailure(error: unknown, location: string): LedgerError {
  const code = codeOf(error);
  const retryable = code === 'LEDGER_LOCKED' || code === 'LEDGER_FULL';
  return new LedgerError(code, `${messages[code](location)} (${describeError(error)})`, {
    hint: hints[code],
    retryable,
    cause: error,
  });
}

function codeOf(error: unknown): LedgerErrorCode {
  const extended =
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
  if (fullWithinIo.has(extended)) return 'LEDGER_FULL';
  return codes[extended & 0xff] ?? 'LEDGER_FAILED';
}

const failed = (location: string): string => `the ledger ${location} failed`;

const messages: Readonly<Record<LedgerErrorCode, (location: string) => string>> = {
  LEDGER_UNREACHABLE: (location) => `the ledger ${location} cannot be opened or written`,
  LEDGER_MISSING: failed,
  LEDGER_FOREIGN: (location) => `${location} is not a ledger`,
  LEDGER_TOO_NEW: failed,
  LEDGER_DAMAGED: (location) => `the ledger ${location} is damaged`,
  LEDGER_LOCKED: (location) => `the ledger ${location} is held by another process`,
  LEDGER_FULL: (location) => `there is no room left for the ledger ${location}`,
  LEDGER_FAILED: failed,
  LEDGER_REFUSED: failed,
  SCAN_OVERTAKEN: failed,
  CLAIMS_UNSUPPORTED: failed,
  CLAIM_LOST: failed,
  WATCH_INVALID: failed,
};

const look = 'the reason stands in parentheses; nothing that was recorded before is lost';

const hints: Readonly<Record<LedgerErrorCode, string>> = {
  LEDGER_UNREACHABLE: 'check that the folder exists and may be written, or name another with --ledger FILE',
  LEDGER_MISSING: look,
  LEDGER_FOREIGN: 'name another file with --ledger FILE; this one was not touched',
  LEDGER_TOO_NEW: look,
  LEDGER_DAMAGED:
    'put a backup in its place, or move it (with its -wal and -shm files) away and let the next scan begin anew',
  LEDGER_LOCKED: 'wait until the other holdfast has ended (find it with: fuser FILE), then run this again',
  LEDGER_FULL: 'make room, then run this again; everything recorded before is still there',
  LEDGER_FAILED: look,
  LEDGER_REFUSED: look,
  SCAN_OVERTAKEN: look,
  CLAIMS_UNSUPPORTED: look,
  CLAIM_LOST: look,
  WATCH_INVALID: look,
};
