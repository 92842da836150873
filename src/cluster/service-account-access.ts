import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { describeError } from '../errors.ts';
import { ClusterError } from './errors.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** Where the kubelet puts them. Source: client-go, `rest.InClusterConfig`. */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How long a token is used before its file is read again: the kubelet renews it when 80 % of an hour is over. */
const tokenMs = 60_000;

/** Longest file that is taken: a token has one or two KiB, a bundle of certificates a hundred. */
const fileLengthMax = 1024 * 1024;

export type ServiceAccountOptions = {
  readonly folder?: string;
  /** Milliseconds since some start. */
  readonly elapsedMs?: () => number;
};

/** Whether this is a pod that knows where its API server is. */
export function isInCluster(env: Readonly<Record<string, string | undefined>>): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined && env['KUBERNETES_SERVICE_PORT'] !== undefined;
}

/**
 * The cluster this pod runs in, by its service account. Read by hand: the library for kubeconfig files takes
 * some 80 MB of memory, which is most of what a controller needs.
 * @throws ClusterError `KUBECONFIG_INVALID`, also by `requestOptions`
 */
export async function openServiceAccountAccess(
  env: Readonly<Record<string, string | undefined>>,
  { folder = accountFolder, elapsedMs = () => performance.now() }: ServiceAccountOptions = {},
): Promise<ClusterAccess> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const address = `https://${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? ''}`;
  if (!URL.canParse(address)) {
    throw invalid(`KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: ${address}`);
  }
  const ca = await read(join(folder, 'ca.crt'));
  let known: { readonly headers: Readonly<Record<string, string>>; readonly readMs: number } | undefined;
  return {
    server: new URL(address),
    context: 'inClusterContext',
    async requestOptions() {
      const nowMs = elapsedMs();
      if (known === undefined || nowMs - known.readMs >= tokenMs) {
        const token = (await read(join(folder, 'token'))).trim();
        if (!/^[\w.~+/=-]+$/.test(token)) throw invalid(`${join(folder, 'token')} holds no token`);
        known = { headers: { authorization: `Bearer ${token}` }, readMs: nowMs };
      }
      return { headers: { ...known.headers }, ca };
    },
  };
}

async function read(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(`cannot read ${file}: ${describeError(cause)}`, cause);
  }
  if (text.length > fileLengthMax) throw invalid(`${file} is too long to be what it should`);
  return text;
}

function invalid(message: string, cause?: unknown): ClusterError {
  return new ClusterError('KUBECONFIG_INVALID', message, {
    hint: 'does the pod have a service account, and automountServiceAccountToken?',
    retryable: true,
    cause,
  });
}
