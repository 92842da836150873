import { hostKey } from './registry-host.ts';

/**
 * The credential helpers that serve a cloud's registry, in the order to try; empty for every other host.
 * Patterns are anchored at both ends: a host that only contains a cloud's name gets nothing. Sources:
 * awslabs/amazon-ecr-credential-helper `api/client.go`, GoogleCloudPlatform/docker-credential-gcr, Azure's
 * registry hosts of its public, US government and China clouds.
 */
export function cloudHelpersFor(registry: string): readonly string[] {
  const host = hostKey(registry);
  return clouds.find((cloud) => cloud.hosts.test(host))?.helpers ?? [];
}

const clouds: readonly { readonly hosts: RegExp; readonly helpers: readonly string[] }[] = [
  {
    hosts:
      /^(?:public\.ecr\.aws|\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.(?:com|com\.cn|eu)|on\.(?:aws|amazonwebservices\.com\.cn)|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov))$/,
    helpers: ['ecr-login'],
  },
  { hosts: /^(?:(?:[a-z0-9-]+\.)*gcr\.io|[a-z0-9-]+\.pkg\.dev)$/, helpers: ['gcr', 'gcloud'] },
  { hosts: /^[a-z0-9-]+\.azurecr\.(?:io|us|cn)$/, helpers: ['acr-env'] },
];
