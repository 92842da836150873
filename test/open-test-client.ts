import { fixedClock } from '../src/clock.ts';
import { parseRepository, type Repository } from '../src/reference/repository.ts';
import type { Credential, Keychain } from '../src/registry/credential.ts';
import type { Endpoint, TlsOptions } from '../src/registry/endpoint.ts';
import type { RegistryAnswer } from '../src/registry/http/answers.ts';
import type { RegistryLimits } from '../src/registry/limits.ts';
import { openRegistryClient } from '../src/registry/open-registry-client.ts';
import type { RegistryClient } from '../src/registry/registry-client.ts';

export type TestClientOptions = {
  /** In the order the keychain gives them, each once it is said that those before were refused. */
  readonly credentials?: readonly Credential[];
  readonly limits?: Partial<RegistryLimits>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Asks every registry over TLS, trusting this. Without it, every registry is asked over plain HTTP. */
  readonly tls?: TlsOptions;
  /** Mirrors that are asked first: `host:port`. */
  readonly mirrors?: readonly string[];
  readonly allowsInnerAddresses?: boolean;
  readonly onAnswer?: (answer: RegistryAnswer) => void;
};

export type TestClient = {
  readonly client: RegistryClient;
  readonly clock: ReturnType<typeof fixedClock>;
  /** How long it would have waited, each time. Nobody does: the clock moves instead. */
  readonly waits: readonly number[];
  /** Repositories the keychain was asked about. */
  readonly asked: readonly Repository[];
};

/** A client whose waits cost no time, for registries on this machine. */
export function openTestClient(options: TestClientOptions = {}): TestClient {
  const clock = fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const waits: number[] = [];
  const asked: Repository[] = [];
  const keychain: Keychain = {
    async findCredential(repository, { refused = [] } = {}) {
      asked.push(repository);
      return options.credentials?.find((credential) => !refused.includes(credential));
    },
  };
  const client = openRegistryClient({
    keychain,
    endpoints: { listEndpoints: async (repository) => endpointsOf(repository, options) },
    clock,
    random: () => 0.5,
    env: options.env ?? {},
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.onAnswer === undefined ? {} : { onAnswer: options.onAnswer }),
    allowsInnerAddresses: options.allowsInnerAddresses ?? false,
    async delay(ms) {
      waits.push(ms);
      clock.advance(ms);
    },
  });
  return { client, clock, waits, asked };
}

/** `127.0.0.1:PORT` and a path as a repository. */
export function repositoryAt(host: string, path: string): Repository {
  return parseRepository(`${host}/${path}`);
}

function endpointsOf(repository: Repository, { mirrors = [], tls }: TestClientOptions): readonly Endpoint[] {
  const scheme = tls === undefined ? 'http' : 'https';
  const endpoint = (host: string, kind: Endpoint['kind']): Endpoint => ({
    apiUrl: new URL(`${scheme}://${host}/v2/`),
    repository: { registry: host, path: repository.path },
    kind,
    resolvesTags: true,
    servesDigests: true,
    tls: tls ?? {},
  });
  return [...mirrors.map((host) => endpoint(host, 'mirror')), endpoint(repository.registry, 'registry')];
}
