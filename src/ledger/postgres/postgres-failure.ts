import { describeError } from '../../errors.ts';
import { LedgerError, type LedgerErrorCode } from '../errors.ts';

/** SQLSTATE codes, whole or by class. Source: PostgreSQL manual, appendix A. */
const codes: Readonly<Record<string, LedgerErrorCode>> = {
  '53100': 'LEDGER_FULL',
  '55P03': 'LEDGER_LOCKED',
  '40001': 'LEDGER_LOCKED',
  '40P01': 'LEDGER_LOCKED',
  '42501': 'LEDGER_UNREACHABLE',
  '25006': 'LEDGER_UNREACHABLE',
  '3D000': 'LEDGER_UNREACHABLE',
  '08': 'LEDGER_UNREACHABLE',
  '28': 'LEDGER_UNREACHABLE',
  '53': 'LEDGER_UNREACHABLE',
  '57': 'LEDGER_UNREACHABLE',
  XX: 'LEDGER_DAMAGED',
};

const hints: Partial<Record<LedgerErrorCode, string>> = {
  LEDGER_UNREACHABLE:
    'check host, port, database, user and password of the ledger, and that the user may create a schema',
  LEDGER_LOCKED: 'another holdfast writes at the moment: run this again when it has ended',
  LEDGER_FULL: 'make room on the database server, then run this again; everything recorded before is there',
  LEDGER_DAMAGED: 'look into the log of the database server',
};

/** What PostgreSQL or the connection said, as a failure that names the place without its password. */
export function postgresFailure(error: unknown, location: string): LedgerError {
  const code = codeOf(error);
  const hint = hints[code];
  return new LedgerError(code, `the ledger ${location} failed: ${describeError(error)}`, {
    ...(hint === undefined ? {} : { hint }),
    retryable: code === 'LEDGER_LOCKED' || code === 'LEDGER_FULL' || code === 'LEDGER_UNREACHABLE',
    cause: error,
  });
}

/** Whether the transaction met another one and may simply be tried again. */
export function isContention(error: unknown): boolean {
  const state = stateOf(error);
  return state === '40001' || state === '40P01';
}

/** Whether an answer was waited for in vain. Source: node-postgres, `query_timeout`, which has no code for it. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

function codeOf(error: unknown): LedgerErrorCode {
  const state = stateOf(error);
  // Without a SQLSTATE it came from the network or from the driver, before the server could say anything.
  if (state === undefined) return 'LEDGER_UNREACHABLE';
  return codes[state] ?? codes[state.slice(0, 2)] ?? 'LEDGER_FAILED';
}

function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** `postgres://user@host:5432/database`: without password and without parameters, which may hold one. */
export function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return 'postgres://…';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
}
