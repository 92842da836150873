import type { Repository } from '../../reference/repository.ts';
import type { Credential, CredentialOptions, Keychain } from '../credential.ts';
import { includesCredential } from './auth-entry.ts';

/**
 * One place that credentials come from, the most specific first. Lazy: what is never asked for is never
 * read. With `options.refused` it looks again at what may have changed since.
 */
export type CredentialSource = (
  repository: Repository,
  options: CredentialOptions,
) => AsyncIterable<Credential>;

/** A keychain that gives the first credential, in the order of the sources, that was not refused yet. */
export function makeKeychain(sources: readonly CredentialSource[]): Keychain {
  return {
    async findCredential(repository, options = {}) {
      for (const source of sources) {
        for await (const credential of source(repository, options)) {
          options.signal?.throwIfAborted();
          if (!includesCredential(options.refused ?? [], credential)) return credential;
        }
      }
      return undefined;
    },
  };
}
