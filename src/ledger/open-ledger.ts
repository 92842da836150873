import { join, resolve } from 'node:path';
import type { Ledger } from './ledger.ts';

/** What decides where the ledger is when nobody says. */
export type LedgerPlace = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
};

/**
 * Opens the ledger at `location` (a file, or `postgres://…`), else at `HOLDFAST_LEDGER`, else the default
 * one of this user.
 * @throws LedgerError
 */
export async function openLedger(location: string | undefined, place: LedgerPlace): Promise<Ledger> {
  const chosen = location ?? nonEmpty(place.env['HOLDFAST_LEDGER']) ?? defaultLedgerPath(place.env);
  if (/^postgres(ql)?:\/\//.test(chosen)) {
    const { PostgresLedger } = await import('./postgres/postgres-ledger.ts');
    return PostgresLedger.open(chosen);
  }
  const { SqliteLedger } = await import('./sqlite/sqlite-ledger.ts');
  return new SqliteLedger(resolve(place.cwd, chosen));
}

/** `${XDG_STATE_HOME:-~/.local/state}/holdfast/ledger.db`. Source: XDG base directory specification. */
function defaultLedgerPath(env: LedgerPlace['env']): string {
  const state = nonEmpty(env['XDG_STATE_HOME']) ?? join(nonEmpty(env['HOME']) ?? '.', '.local', 'state');
  return join(state, 'holdfast', 'ledger.db');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
