import { HoldfastError } from '../../errors.ts';

export type RegistryConfigurationErrorCode =
  /** A proxy variable holds no URL. */
  | 'PROXY_INVALID'
  /** A file that holds credentials cannot be read or understood. */
  | 'CREDENTIALS_UNREADABLE'
  /** A credential helper is missing, failed, or answered something else than a credential. */
  | 'CREDENTIAL_HELPER_FAILED'
  /** registries.conf, hosts.toml, registries.yaml or a certs.d folder cannot be read or understood. */
  | 'REGISTRIES_UNREADABLE'
  /** registries.conf forbids the registry. */
  | 'REGISTRY_BLOCKED';

/** What the user configured cannot be used. Names the file and key, never a value that may be a secret. */
export class RegistryConfigurationError extends HoldfastError<RegistryConfigurationErrorCode> {
  override readonly name = 'RegistryConfigurationError';
}
