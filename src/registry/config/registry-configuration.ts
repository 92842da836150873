/**
 * Room `registry`, its configuration: where credentials, mirrors, CAs, insecure hosts and proxies come from.
 * May import the room's interfaces, `reference` and rung 0.
 *
 * Invariants: a credential is found for exactly the host it was written for; no error, problem or log line
 * holds a secret; nothing is read or run before somebody asks for what it may hold. The order of all sources
 * is in docs/registry-configuration.md.
 */
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Keychain } from '../credential.ts';
import type { EndpointSource } from '../endpoint.ts';
import { splitAuthKey } from './auth-entry.ts';
import { readConfigFile } from './config-file.ts';
import { unreadable } from './config-table.ts';
import { makeCredentialHelpers } from './credential-helper.ts';
import {
  type AuthFileLocation,
  authFileSource,
  cloudHelperSource,
  gitHubTokenSource,
  pullSecretSource,
  registriesYamlSource,
} from './credential-sources.ts';
import { makeEndpointSource } from './endpoints.ts';
import { makeKeychain } from './keychain.ts';
import { type ConfigurationProblem, makeProblems } from './problems.ts';
import type { Environment } from './proxy.ts';
import type { PullSecret } from './pull-secret.ts';
import { parseRegistriesYaml, type RegistriesYaml } from './registries-yaml.ts';
import { hostKey } from './registry-host.ts';

export type RegistryConfigurationOptions = {
  readonly env: Environment;
  readonly homeDirectory: string;
  /** What `/etc` and `/run` are below: `/`, or the root of another machine's files. */
  readonly systemRoot: string;
  /** Names `/run/containers/USER_ID/auth.json`; absent where the system has no user ids. */
  readonly userId?: number | undefined;
  readonly clock: Clock;
  /** A config.json or auth.json that is looked at instead of every default file, token and helper. */
  readonly authFile?: string | undefined;
  /** Kubernetes pull secrets, looked at before any file. */
  readonly pullSecrets?: readonly PullSecret[] | undefined;
  /** registries.conf, or k3s's registries.yaml: told apart by the ending `.yaml` or `.yml`. */
  readonly registriesFile?: string | undefined;
  /** Hosts spoken to over TLS without verification, or over plain HTTP. */
  readonly insecureHosts?: readonly string[] | undefined;
};

export type RegistryConfiguration = {
  readonly keychain: Keychain;
  readonly endpoints: EndpointSource;
  /** What was passed over so far, for showing once the work is done. */
  problems(): readonly ConfigurationProblem[];
};

/** Reads nothing yet: every file is read, and every helper run, when it is first needed. */
export function loadRegistryConfiguration(options: RegistryConfigurationOptions): RegistryConfiguration {
  const { env, homeDirectory, systemRoot, registriesFile } = options;
  const problems = makeProblems();
  const context = { helpers: makeCredentialHelpers(env, options.clock), problems };
  const isYaml = registriesFile !== undefined && /\.ya?ml$/i.test(registriesFile);
  const loadYaml = lazyRegistriesYaml(isYaml ? registriesFile : undefined, systemRoot);
  return {
    keychain: makeKeychain([
      pullSecretSource(options.pullSecrets ?? []),
      registriesYamlSource(loadYaml),
      ...listAuthFiles(options).map((location) => authFileSource(location, context)),
      ...(options.authFile === undefined ? [gitHubTokenSource(env), cloudHelperSource(context)] : []),
    ]),
    endpoints: makeEndpointSource({
      homeDirectory,
      systemRoot,
      registriesConf: (isYaml ? undefined : registriesFile) ?? read(env, 'CONTAINERS_REGISTRIES_CONF'),
      loadRegistriesYaml: loadYaml,
      insecureHosts: new Set((options.insecureHosts ?? []).map((host) => hostKey(splitAuthKey(host).host))),
      problems,
    }),
    problems: () => problems.list(),
  };
}

/**
 * What the user named counts before what lies around: the environment's files, then containers' own places,
 * then Docker's, in the order of containers-auth.json(5).
 */
function listAuthFiles(options: RegistryConfigurationOptions): readonly AuthFileLocation[] {
  const { env, homeDirectory, systemRoot, userId, authFile } = options;
  if (authFile !== undefined) return [{ path: authFile, namedBy: 'option' }];
  const named = read(env, 'REGISTRY_AUTH_FILE');
  const dockerFolder = read(env, 'DOCKER_CONFIG');
  const runtimeFolder = read(env, 'XDG_RUNTIME_DIR');
  const systemAuthFile =
    userId === undefined ? undefined : join(systemRoot, `run/containers/${userId}/auth.json`);
  const configFolder = read(env, 'XDG_CONFIG_HOME') ?? join(homeDirectory, '.config');
  const defaults = [
    dockerFolder && join(dockerFolder, 'config.json'),
    runtimeFolder === undefined ? systemAuthFile : join(runtimeFolder, 'containers/auth.json'),
    join(configFolder, 'containers/auth.json'),
    dockerFolder === undefined && join(homeDirectory, '.docker/config.json'),
  ];
  return [
    ...(named === undefined ? [] : [{ path: named, namedBy: 'environment' as const }]),
    ...defaults
      .filter((path): path is string => typeof path === 'string')
      .map((path) => ({ path, namedBy: 'default' as const })),
  ];
}

function lazyRegistriesYaml(
  path: string | undefined,
  systemRoot: string,
): () => Promise<RegistriesYaml | undefined> {
  let loaded: Promise<RegistriesYaml | undefined> | undefined;
  return () => {
    loaded ??= path === undefined ? Promise.resolve(undefined) : loadRegistriesYaml(path, systemRoot);
    return loaded;
  };
}

async function loadRegistriesYaml(path: string, systemRoot: string): Promise<RegistriesYaml> {
  const text = await readConfigFile(path, 'REGISTRIES_UNREADABLE');
  if (text === undefined) throw unreadable(path, 'is not there', 'correct the path');
  return parseRegistriesYaml(text, path, systemRoot);
}

function read(env: Environment, name: string): string | undefined {
  return env[name] || undefined;
}
