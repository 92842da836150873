import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { type CloudProvider, cloudRegistryNames, findCloudRegistry } from '../config/cloud-registry.ts';
import type { Environment } from '../config/proxy.ts';
import type { Credential } from '../credential.ts';
import { makeHostLimiter } from '../http/host-limiter.ts';
import type { Send } from '../http/http.ts';
import { withRetry } from '../http/retry.ts';
import { openTransport, type Transport } from '../http/transport.ts';
import { type RegistryLimits, registryLimits } from '../limits.ts';
import { makeRedactor } from '../redact.ts';
import { untilAborted } from '../until-aborted.ts';
import { makeCloudAsk } from './cloud-ask.ts';
import type { CloudAccount, CloudQuestion, CloudSurroundings, IssuedCredential } from './cloud-identity.ts';
import {
  type CredentialCacheOptions,
  credentialCacheDefaults,
  makeCredentialCache,
} from './credential-cache.ts';
import { CloudIdentityError } from './errors.ts';

/** Credentials of clouds for their own registries, each kept for as long as it may be used. */
export interface CloudCredentials {
  /** @throws CloudIdentityError; the signal's reason */
  issue(question: CloudQuestion, signal: AbortSignal): Promise<Credential>;
}

export type CloudCredentialsOptions = {
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: () => number;
  readonly cache?: CredentialCacheOptions;
};

/** For all questions of one credential: a cloud takes well below a second, and asks at most four times. */
const issueMsMax = 60_000;

/** Clouds answer at once; who does not is away. */
const cloudLimits: RegistryLimits = { ...registryLimits, headersTimeoutMs: 15_000, retryAfterMaxMs: 10_000 };

/** What answers on a node does so within milliseconds; where nothing does, packets vanish. */
const nodeLimits: RegistryLimits = {
  ...cloudLimits,
  attemptsMax: 2,
  connectTimeoutMs: 2000,
  headersTimeoutMs: 5000,
};

const noProxies: Environment = { HTTP_PROXY: undefined, HTTPS_PROXY: undefined };

/**
 * The cloud that a host belongs to, asked for by name.
 * @throws CloudIdentityError `IDENTITY_HOST_REFUSED`, in Flux's words, where it is another host
 */
export function registryOfCloud(provider: CloudProvider, host: string): CloudQuestion['registry'] {
  const registry = findCloudRegistry(host);
  if (registry?.provider === provider) return registry;
  const name = { aws: 'AWS', azure: 'Azure', gcp: 'GCP' }[provider];
  throw new CloudIdentityError(
    'IDENTITY_HOST_REFUSED',
    `invalid ${name} registry: '${host}'. must match ${cloudRegistryNames[provider]}`,
    { hint: 'correct spec.image or spec.provider' },
  );
}

/** Opens no connection before it is asked, and keeps none after. */
export function makeCloudCredentials(options: CloudCredentialsOptions): CloudCredentials {
  const cache = makeCredentialCache(options.clock, options.cache ?? credentialCacheDefaults);
  return {
    async issue(question, signal) {
      // The work serves all who wait for it: one who gives up does not end it.
      const issued = cache.get(keyOf(question), () => issueNow(question, options));
      return untilAborted(issued, signal);
    },
  };
}

async function issueNow(
  question: CloudQuestion,
  options: CloudCredentialsOptions,
): Promise<IssuedCredential> {
  const { env, clock } = options;
  const signal = AbortSignal.timeout(issueMsMax);
  const redactor = makeRedactor();
  const cloud = openTransport(env, () => undefined, cloudLimits, question.proxy);
  const node = openTransport({ ...env, ...noProxies }, () => undefined, nodeLimits);
  const surroundings: CloudSurroundings = {
    env,
    clock,
    ask: makeCloudAsk(steady(cloud, options, cloudLimits), redactor, signal),
    askNode: makeCloudAsk(steady(node, options, nodeLimits), redactor, signal),
    signal,
  };
  try {
    return await issueBy(question, surroundings);
  } finally {
    await Promise.all([cloud.close(), node.close()]);
  }
}

/** Each cloud's module is loaded only where it is asked. */
async function issueBy(
  { registry, account, tls }: CloudQuestion,
  surroundings: CloudSurroundings,
): Promise<IssuedCredential> {
  switch (registry.provider) {
    case 'aws': {
      const { issueEcrCredential } = await import('./aws-registry.ts');
      return issueEcrCredential(registry, accountOf(account, 'aws'), surroundings);
    }
    case 'azure': {
      const { issueAcrCredential } = await import('./azure-registry.ts');
      return issueAcrCredential(registry, accountOf(account, 'azure'), { ...surroundings, tls });
    }
    case 'gcp': {
      const { issueGoogleCredential } = await import('./gcp-token.ts');
      return issueGoogleCredential(registry, accountOf(account, 'gcp'), surroundings);
    }
  }
}

type ClaimsOf<Provider extends CloudProvider> = Extract<CloudAccount['claims'], { provider: Provider }>;

function accountOf<Provider extends CloudProvider>(
  account: CloudAccount | undefined,
  provider: Provider,
): CloudAccount<ClaimsOf<Provider>> | undefined {
  if (account === undefined) return undefined;
  const { claims } = account;
  if (!isOf(claims, provider))
    throw new TypeError(`claims of ${claims.provider} for a registry of ${provider}`);
  return { ...account, claims };
}

function isOf<Provider extends CloudProvider>(
  claims: CloudAccount['claims'],
  provider: Provider,
): claims is ClaimsOf<Provider> {
  return claims.provider === provider;
}

/** Who asks for what. A ServiceAccount that was made anew, or annotated otherwise, is another. */
function keyOf({ registry, account, proxy, tls }: CloudQuestion): string {
  const { namespace, name, uid, claims } = account ?? {};
  const place = registry.provider === 'gcp' ? { provider: 'gcp' } : registry;
  return JSON.stringify([place, namespace, name, uid, claims, proxy?.href, tls.ca]);
}

function steady(
  transport: Transport,
  { clock, random }: CloudCredentialsOptions,
  limits: RegistryLimits,
): Send {
  const delay = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  };
  const limiter = makeHostLimiter(limits.requestsPerHostMax, clock, delay);
  return withRetry(limiter.wrap(transport.send), { clock, random, delay, limiter }, limits);
}
