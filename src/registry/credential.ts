import type { Repository } from '../reference/repository.ts';

/** What may be shown to a registry. Never logged, never in an error, never in the ledger (invariant 6). */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, `identitytoken` in Docker's config. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent as the bearer token as it is, `registrytoken` in Docker's config. */
  | { readonly kind: 'registry-token'; readonly token: string };

/** Where credentials come from. Undefined means: nothing is known for this repository, go anonymously. */
export interface Keychain {
  findCredential(
    repository: Repository,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Credential | undefined>;
}
