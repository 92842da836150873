/**
 * `registry/identity`: credentials for the registries of AWS, Azure and Google, by what a process or a Kubernetes
 * ServiceAccount is to those clouds. Invariants: a credential is issued for one registry host, and only for a host
 * of that cloud; nothing follows a redirect; no program is run and no profile of a person is read.
 */
import type { Clock } from '../../clock.ts';
import type { CloudRegistry } from '../config/cloud-registry.ts';
import type { Environment } from '../config/proxy.ts';
import type { Credential } from '../credential.ts';
import type { TlsOptions } from '../endpoint.ts';
import type { AccountClaims } from './account-claims.ts';
import type { CloudAsk } from './cloud-ask.ts';

/** Who asks on behalf of one object: a ServiceAccount of the cluster. */
export type CloudAccount<Claims extends AccountClaims = AccountClaims> = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly claims: Claims;
  /** A token that the API server signs for an audience: who holds it is the ServiceAccount. */
  readonly requestToken: (audience: string, signal: AbortSignal) => Promise<string>;
};

export type CloudQuestion = {
  readonly registry: CloudRegistry;
  /** Absent: who this process is. */
  readonly account: CloudAccount | undefined;
  /** Through which the cloud is asked; absent: as the environment says. Metadata servers are asked directly. */
  readonly proxy: URL | undefined;
  /** Of the registry itself, which at Azure issues its own credential. */
  readonly tls: TlsOptions;
};

export type IssuedCredential = {
  readonly credential: Extract<Credential, { kind: 'basic' }>;
  readonly expiresAt: number;
};

/** What every cloud is asked with. */
export type CloudSurroundings = {
  readonly env: Environment;
  readonly clock: Clock;
  /** Through proxies, by TLS. */
  readonly ask: CloudAsk;
  /** Without proxies, for what answers on this node alone. */
  readonly askNode: CloudAsk;
  readonly signal: AbortSignal;
};
