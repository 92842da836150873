import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ClaimPlace, type Claims, claimsUnsupported } from './claims.ts';
import { LedgerError } from './errors.ts';
import type { Ledger } from './ledger.ts';

/** What decides where the ledger is when nobody says. */
export type LedgerPlace = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
};

export type OpenLedgerOptions = {
  /** For who only reads: a file that is not there is refused with `LEDGER_MISSING`, and nothing is made. */
  readonly mustExist?: boolean;
  /** How long a write to a file waits for another process. */
  readonly waitMs?: number;
  /** Scans that may be open at once: each keeps a connection to a database. Default 4. */
  readonly scansAtOnce?: number;
};

const scansAtOnceDefault = 4;

/** Connections to a database beside those of scans. */
const otherConnections = 4;

/**
 * Opens the ledger at `location` (a file, or `postgres://…`), else at `HOLDFAST_LEDGER`, else the default
 * one of this user.
 * @throws LedgerError
 */
export async function openLedger(
  location: string | undefined,
  place: LedgerPlace,
  options: OpenLedgerOptions = {},
): Promise<Ledger> {
  const chosen = location ?? nonEmpty(place.env['HOLDFAST_LEDGER']) ?? defaultLedgerPath(place.env);
  if (isPostgres(chosen)) {
    const { PostgresLedger } = await import('./postgres/postgres-ledger.ts');
    const connections = (options.scansAtOnce ?? scansAtOnceDefault) + otherConnections;
    return PostgresLedger.open(chosen, { connections });
  }
  const { SqliteLedger } = await import('./sqlite/sqlite-ledger.ts');
  const path = resolve(place.cwd, chosen);
  if (options.mustExist === true && !existsSync(path)) throw missing(path);
  return new SqliteLedger(path, options.waitMs === undefined ? {} : { busyTimeoutMs: options.waitMs });
}

/**
 * Opens one replica's claims beside the ledger at `location`. `answerMs`: how long an answer is waited for.
 * @throws LedgerError `CLAIMS_UNSUPPORTED` where that is a file
 */
export async function openClaims(location: string, place: ClaimPlace, answerMs: number): Promise<Claims> {
  checkClaimsAt(location);
  const { PostgresClaims } = await import('./postgres/postgres-claims.ts');
  return PostgresClaims.open(location, place, answerMs);
}

/** @throws LedgerError `CLAIMS_UNSUPPORTED` where the ledger at `location` is a file */
export function checkClaimsAt(location: string): void {
  if (!isPostgres(location)) throw claimsUnsupported(location);
}

function isPostgres(location: string): boolean {
  return /^postgres(ql)?:\/\//.test(location);
}

function missing(path: string): LedgerError {
  return new LedgerError('LEDGER_MISSING', `there is no ledger ${path}`, {
    hint: 'check the name; "holdfast scan" and "holdfast resolve" begin a ledger',
  });
}

/** `${XDG_STATE_HOME:-~/.local/state}/holdfast/ledger.db`. Source: XDG base directory specification. */
function defaultLedgerPath(env: LedgerPlace['env']): string {
  const state = nonEmpty(env['XDG_STATE_HOME']) ?? join(nonEmpty(env['HOME']) ?? '.', '.local', 'state');
  return join(state, 'holdfast', 'ledger.db');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
