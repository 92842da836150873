import { access, readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { describeError } from '../errors.ts';
import { ClusterError } from './errors.ts';
import { cleanText } from './foreign-value.ts';
import { isInCluster, openServiceAccountAccess } from './service-account-access.ts';

/** A cluster and how to speak to it. The options hold credentials: they are never shown. */
export type ClusterAccess = {
  readonly server: URL;
  /** As shown to people: the context's name. */
  readonly context: string;
  /** TLS, agent and credential, fresh: an exec plugin's token may end while we read. */
  requestOptions(): Promise<RequestOptions>;
};

/** How long what the kubeconfig's files say is good for: many requests a second each read them otherwise. */
const credentialMs = 1000;

export type ClusterAccessOptions = {
  /** `--kubeconfig`: one file, and no other. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** What prints a dump that would do as well (`--snapshot`), for the hint where there is no kubeconfig. */
  readonly dumpCommand?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
};

/**
 * The cluster that kubectl would speak to: `--kubeconfig`, else the files of `KUBECONFIG`, else
 * `~/.kube/config`, else the cluster this runs in.
 * @throws ClusterError `KUBECONFIG_INVALID`
 */
export async function openClusterAccess(options: ClusterAccessOptions): Promise<ClusterAccess> {
  if (await isWithoutFiles(options)) return openServiceAccountAccess(options.env);
  const config = await loadConfig(options);
  if (options.context !== undefined) {
    if (config.getContextObject(options.context) === null) throw unknownContext(config, options.context);
    config.setCurrentContext(options.context);
  }
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw invalid(`the kubeconfig has no cluster for its current context ${JSON.stringify(context ?? '')}`, {
      hint: `choose one with --context: ${contextNames(config)}`,
    });
  }
  const server = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
  if (server === undefined || !/^https?:$/.test(server.protocol)) {
    throw invalid(`context ${context} names no server that is an http or https address`);
  }
  async function freshOptions(): Promise<RequestOptions> {
    const request: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(request);
    } catch (cause) {
      throw invalid(`no credential for context ${context}: ${firstLine(describeError(cause))}`, {
        hint: 'does "kubectl get pods" work with the same context?',
        cause,
      });
    }
    // The library's own agent, which opens a connection for each request, is only needed to go through a proxy.
    if (cluster?.proxyUrl === undefined) delete request.agent;
    return request;
  }
  let known: { readonly options: RequestOptions; readonly readMs: number } | undefined;
  return {
    server,
    context,
    async requestOptions() {
      const nowMs = performance.now();
      if (known === undefined || nowMs - known.readMs >= credentialMs) {
        known = { options: await freshOptions(), readMs: nowMs };
      }
      return known.options;
    },
  };
}

/** A pod whose people gave it no kubeconfig. */
async function isWithoutFiles(options: ClusterAccessOptions): Promise<boolean> {
  if (namedFiles(options) !== undefined || options.context !== undefined || !isInCluster(options.env))
    return false;
  return access(usersFile(options)).then(
    () => false,
    () => true,
  );
}

function usersFile({ env }: ClusterAccessOptions): string {
  return join(env['HOME'] ?? homedir(), '.kube', 'config');
}

async function loadConfig(options: ClusterAccessOptions): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('./kubeconfig-library.ts');
  const { dumpCommand } = options;
  const named = namedFiles(options);
  const loaded: KubeConfig[] = [];
  for (const file of named ?? [usersFile(options)]) {
    const one = await loadFile(new Config(), resolve(options.cwd, file), isRequired(options, named));
    if (one !== undefined) loaded.push(one);
  }
  if (loaded.length > 0) return merge(new Config(), loaded);
  const looked =
    named === undefined ? 'no ~/.kube/config, and this is no pod' : `none of ${named.join(', ')} is there`;
  throw invalid(`no kubeconfig: ${looked}`, {
    hint: `give --kubeconfig FILE${dumpCommand === undefined ? '' : `, or --snapshot DUMP with what "${dumpCommand}" prints`}`,
  });
}

/** Undefined where the user named none. */
function namedFiles({ kubeconfig, env }: ClusterAccessOptions): readonly string[] | undefined {
  if (kubeconfig !== undefined) return [kubeconfig];
  const files = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return files.length === 0 ? undefined : files;
}

/** A missing file in KUBECONFIG is passed over, as kubectl does; one given by flag is not. */
function isRequired({ kubeconfig }: ClusterAccessOptions, named: readonly string[] | undefined): boolean {
  return kubeconfig !== undefined && named !== undefined;
}

async function loadFile(
  config: KubeConfig,
  file: string,
  isRequiredFile: boolean,
): Promise<KubeConfig | undefined> {
  try {
    await readFile(file);
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isAbsent && !isRequiredFile) return undefined;
    throw invalid(`cannot read the kubeconfig ${file}: ${describeError(cause)}`, { cause });
  }
  try {
    config.loadFromFile(file);
    return config;
  } catch (cause) {
    throw invalid(`${file} is no kubeconfig: ${firstLine(describeError(cause))}`, { cause });
  }
}

/** As kubectl merges: the first file that has a name wins, the first current context too. */
function merge(target: KubeConfig, loaded: readonly KubeConfig[]): KubeConfig {
  target.loadFromOptions({
    // Without TLS there is nothing to verify, and the library wants to be told so.
    clusters: firstByName(loaded.flatMap((one) => one.getClusters())).map((cluster) =>
      cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
    ),
    users: firstByName(loaded.flatMap((one) => one.getUsers())),
    contexts: firstByName(loaded.flatMap((one) => one.getContexts())),
    currentContext: loaded
      .map((one) => one.getCurrentContext())
      .find((name) => name !== undefined && name !== ''),
  });
  return target;
}

function firstByName<Named extends { readonly name: string }>(all: readonly Named[]): Named[] {
  return [...new Map(all.toReversed().map((one) => [one.name, one])).values()].reverse();
}

function unknownContext(config: KubeConfig, wanted: string): ClusterError {
  return invalid(`the kubeconfig has no context ${JSON.stringify(wanted)}`, {
    hint: `it has: ${contextNames(config)}`,
  });
}

function contextNames(config: KubeConfig): string {
  const names = config.getContexts().map((one) => one.name);
  return names.length === 0 ? 'none' : names.join(', ');
}

function firstLine(text: string): string {
  return cleanText(text.trim().split('\n', 1)[0] ?? '').slice(0, 300);
}

function invalid(message: string, details: { hint?: string; cause?: unknown } = {}): ClusterError {
  return new ClusterError('KUBECONFIG_INVALID', message, details);
}
