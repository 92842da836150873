import type { Clock, EpochMs } from '../../clock.ts';
import type { IssuedCredential } from './cloud-identity.ts';

export type CredentialCacheOptions = {
  /** Credentials kept; the one used longest ago is forgotten. 0: none is kept. */
  readonly entriesMax: number;
  /** Longest a credential is used, however long it lasts. */
  readonly lifetimeMaxMs: number;
};

/** Source: `--token-cache-max-size` and `--token-cache-max-duration` of Flux's controllers. */
export const credentialCacheDefaults: CredentialCacheOptions = { entriesMax: 100, lifetimeMaxMs: 3_600_000 };

/** Part of its lifetime that a credential is used for: the rest is for clocks and long scans. Source: fluxcd/pkg `cache`. */
const usedPart = 0.8;

/** Credentials by who asked for what. Those who ask at once wait for one answer; failures are not kept. */
export interface CredentialCache {
  get(key: string, issue: () => Promise<IssuedCredential>): Promise<IssuedCredential['credential']>;
}

type Entry = { readonly credential: IssuedCredential['credential']; readonly usedUntil: EpochMs };

export function makeCredentialCache(
  clock: Clock,
  { entriesMax, lifetimeMaxMs }: CredentialCacheOptions,
): CredentialCache {
  const entries = new Map<string, Entry>();
  const issuing = new Map<string, Promise<IssuedCredential['credential']>>();

  function keep(key: string, issued: IssuedCredential): void {
    const now = clock.now();
    const lifetimeMs = Math.min((issued.expiresAt - now) * usedPart, lifetimeMaxMs);
    if (entriesMax === 0 || lifetimeMs <= 0) return;
    entries.set(key, { credential: issued.credential, usedUntil: now + lifetimeMs });
    const [oldest] = entries.keys();
    if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest);
  }

  return {
    get(key, issue) {
      const known = entries.get(key);
      entries.delete(key);
      if (known !== undefined && known.usedUntil > clock.now()) {
        // The order of a Map is the order of use.
        entries.set(key, known);
        return Promise.resolve(known.credential);
      }
      const underWay = issuing.get(key);
      if (underWay !== undefined) return underWay;
      const work = issue()
        .then((issued) => {
          keep(key, issued);
          return issued.credential;
        })
        .finally(() => issuing.delete(key));
      issuing.set(key, work);
      return work;
    },
  };
}
