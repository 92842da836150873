import type { Clock } from '../clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RegistryReader } from '../registry/registry-client.ts';

/** Whom the rules may ask besides what is handed to them. */
export type CheckSources = {
  /** Absent: offline. The rules that need it are then not applied. */
  readonly registry: RegistryReader | undefined;
  readonly ledger: Ledger | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
};
