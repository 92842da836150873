import { hostKey } from './registry-host.ts';

/** A host that one of the clouds serves as a registry, and what is to be known to ask it for credentials. */
export type CloudRegistry =
  | {
      readonly provider: 'aws';
      readonly host: string;
      readonly isPublic: boolean;
      /** Where credentials for it are issued. */
      readonly region: string;
      /** Of the partition's APIs, e.g. `amazonaws.com.cn`. */
      readonly domain: string;
    }
  | { readonly provider: 'azure' | 'gcp'; readonly host: string };

export type CloudProvider = CloudRegistry['provider'];

/** How registries of each cloud are named, for messages. */
export const cloudRegistryNames: Readonly<Record<CloudProvider, string>> = {
  aws: 'ACCOUNT.dkr.ecr.REGION.amazonaws.com or public.ecr.aws',
  azure: 'NAME.azurecr.io, .cn, .de or .us',
  gcp: 'gcr.io, REGION.gcr.io, REGION-docker.pkg.dev or docker.s3nsregistry.fr',
};

const privateEcr =
  /^\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.(?:com|com\.cn|eu)|on\.aws|on\.amazonwebservices\.com\.cn|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/;

/** Dual-stack names of registries have a domain of their own; the APIs do not. */
const apiDomains: Readonly<Record<string, string>> = {
  'on.aws': 'amazonaws.com',
  'on.amazonwebservices.com.cn': 'amazonaws.com.cn',
};

const others: readonly { readonly provider: 'azure' | 'gcp'; readonly hosts: RegExp }[] = [
  {
    provider: 'gcp',
    hosts:
      /^(?:(?:[a-z0-9-]+\.)*gcr\.io|[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z0-9-]+-)?docker\.s3nsregistry\.fr)$/,
  },
  { provider: 'azure', hosts: /^[a-z0-9-]+\.azurecr\.(?:io|us|cn|de)$/ },
];

/**
 * Which cloud serves a registry; undefined for every other host. Patterns are anchored at both ends: a host that
 * only contains a cloud's name gets nothing. Sources: awslabs/amazon-ecr-credential-helper `api/client.go`,
 * GoogleCloudPlatform/docker-credential-gcr, Azure's registry hosts of its clouds, fluxcd/pkg `auth`.
 */
export function findCloudRegistry(registry: string): CloudRegistry | undefined {
  const host = hostKey(registry);
  if (host === 'public.ecr.aws') {
    return { provider: 'aws', host, isPublic: true, region: 'us-east-1', domain: 'amazonaws.com' };
  }
  const [, region, suffix = ''] = privateEcr.exec(host) ?? [];
  if (region !== undefined) {
    return { provider: 'aws', host, isPublic: false, region, domain: apiDomains[suffix] ?? suffix };
  }
  const other = others.find(({ hosts }) => hosts.test(host));
  return other && { provider: other.provider, host };
}

const helpers: Readonly<Record<CloudProvider, readonly string[]>> = {
  aws: ['ecr-login'],
  gcp: ['gcr', 'gcloud'],
  azure: ['acr-env'],
};

/** The credential helpers that serve a cloud's registry, in the order to try; empty for every other host. */
export function cloudHelpersFor(registry: string): readonly string[] {
  const cloud = findCloudRegistry(registry);
  return cloud === undefined ? [] : helpers[cloud.provider];
}
