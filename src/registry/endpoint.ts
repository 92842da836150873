import type { Repository } from '../reference/repository.ts';

/** One place that may serve a repository: a mirror, or the registry itself. */
export type Endpoint = {
  /** Where the API is, with a slash at the end: `https://ghcr.io/v2/`, `https://mirror.local/v2/proxy/`. */
  readonly apiUrl: URL;
  /**
   * The same place over plain HTTP, to be asked where no TLS is spoken at `apiUrl`. Only where the user
   * called the host insecure.
   */
  readonly plainApiUrl?: URL;
  /** The repository as this place calls it (a mirror may rewrite the path); also decides the credential. */
  readonly repository: Repository;
  readonly kind: 'mirror' | 'registry';
  /** `?ns=` a containerd mirror is told: the upstream registry. */
  readonly upstream?: string;
  /** Whether tags may be asked here (a digest-only mirror answers digests alone). */
  readonly resolvesTags: boolean;
  /** Whether content may be asked by digest here (a tag-only mirror answers tags alone). */
  readonly servesDigests: boolean;
  readonly tls: TlsOptions;
};

export type TlsOptions = {
  /** PEM certificates trusted besides the system's. */
  readonly ca?: readonly string[];
  /** PEM client certificate and key. */
  readonly certificate?: string;
  readonly key?: string;
  /** True only where the user said so for this host. */
  readonly skipVerify?: boolean;
};

/** Which places to ask for a repository, in order. Empty never: the registry itself is the last. */
export interface EndpointSource {
  /**
   * @throws RegistryConfigurationError `REGISTRY_BLOCKED` where the configuration forbids the registry,
   *   `REGISTRIES_UNREADABLE` where it cannot be understood
   */
  listEndpoints(repository: Repository): Promise<readonly Endpoint[]>;
}
