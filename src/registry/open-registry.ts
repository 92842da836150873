import {
  loadRegistryConfiguration,
  type RegistryConfigurationOptions,
} from './config/registry-configuration.ts';
import { openRegistryClient, type RegistryClientOptions } from './open-registry-client.ts';
import type { RegistryClient } from './registry-client.ts';

export type OpenRegistryOptions = RegistryConfigurationOptions &
  Pick<RegistryClientOptions, 'random' | 'limits' | 'delay'> & {
    readonly allowsInnerAddresses?: boolean | undefined;
  };

/** The client as this machine and user are configured. What was passed over is among its warnings. */
export function openRegistry(options: OpenRegistryOptions): RegistryClient {
  const { allowsInnerAddresses = false, ...rest } = options;
  const configuration = loadRegistryConfiguration(rest);
  const { keychain, endpoints } = configuration;
  const client = openRegistryClient({ ...rest, keychain, endpoints, allowsInnerAddresses });
  return {
    ...client,
    warnings: () => [
      ...configuration.problems().map(({ message, hint }) => `${message} (${hint})`),
      ...client.warnings(),
    ],
  };
}
