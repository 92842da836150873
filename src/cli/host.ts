import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ClaimPlace, Claims } from '../ledger/claims.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OpenLedgerOptions } from '../ledger/open-ledger.ts';
import type { Log } from '../log.ts';
import type { RegistryAnswer } from '../registry/http/answers.ts';
import type { CloudCredentials } from '../registry/identity/cloud-credentials.ts';
import type { CredentialCacheOptions } from '../registry/identity/credential-cache.ts';
import type { RegistryAccess } from '../registry/open-registry-for.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { Timing } from '../timing.ts';

/** What a command runs in: made by `main.ts` for a process, by a test or the demo for a call. */
export type Host = {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
  /** What to type to start it, for usage lines: `holdfast`, or `kubectl holdfast`. */
  readonly programName: string;
  readonly services: Services;
};

/** Everything slow or outside, opened only by the command that needs it. */
export type Services = {
  openRegistry(options?: RegistryOptions): Promise<RegistryReader>;
  /** `location`: a file, or `postgres://…`; absent means the default ledger of this user. */
  openLedger(location: string | undefined, options?: OpenLedgerOptions): Promise<Ledger>;
  /** What a command that runs for good needs of the machine. */
  controllerMachine(): Promise<ControllerMachine>;
};

export type ControllerMachine = {
  readonly timing: Timing;
  /** The pod's name in a cluster. */
  readonly hostname: string;
  /** Another one for each process, also of the same name. */
  readonly uniqueId: string;
  /** Where `proc` and `sys` are. */
  readonly root: string;
  /** Resident memory of this process. */
  usedBytes(): number;
  /** Collects garbage now. */
  reclaim(): void;
  /** This replica's claims beside a ledger; `answerMs` is how long an answer is waited for. */
  openClaims(location: string, place: ClaimPlace, answerMs: number): Promise<Claims>;
  /** Credentials that clouds issue for their registries, to this process or to a ServiceAccount. */
  openClouds(cache: CredentialCacheOptions): CloudCredentials;
  /** A client that speaks to registries as an object of the cluster says, not as this machine is configured. */
  openRegistryFor(access: RegistryAccess, onAnswer?: (answer: RegistryAnswer) => void): RegistryReader;
};

export type RegistryOptions = {
  readonly authFile?: string | undefined;
  /** Hosts spoken to over plain HTTP, or over TLS that is not verified. */
  readonly insecureHosts?: readonly string[] | undefined;
  /** registries.conf, or k3s's registries.yaml. */
  readonly registriesFile?: string | undefined;
  /** Whether a registry may send us further inside the network than where it is itself. */
  readonly allowsInnerAddresses?: boolean | undefined;
};
