import type { Repository } from '../reference/repository.ts';

/** What may be shown to a registry. Never logged, never in an error, never in the ledger (invariant 6). */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, `identitytoken` in Docker's config. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent as the bearer token as it is, `registrytoken` in Docker's config. */
  | { readonly kind: 'registry-token'; readonly token: string };

export type CredentialOptions = {
  readonly signal?: AbortSignal;
  /**
   * What the host has refused already: not given again. A credential helper is asked anew, and the next
   * source in order gets its turn, as the kubelet tries one pull secret after the other.
   */
  readonly refused?: readonly Credential[];
};

/** Where credentials come from. */
export interface Keychain {
  /**
   * Undefined means: nothing (more) is known for this repository, go anonymously.
   * @throws RegistryConfigurationError `CREDENTIALS_UNREADABLE`, `CREDENTIAL_HELPER_FAILED`
   */
  findCredential(repository: Repository, options?: CredentialOptions): Promise<Credential | undefined>;
}
