/**
 * A real kube-apiserver with its etcd on loopback, for one test file: RBAC on, users by token, everything in
 * a temp folder. No controllers run and no nodes: what a test creates stays as it is.
 */
import { rm } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { findFreePort, type ServerProcess, startServerProcess } from '../server-process.ts';
import { findExecutable, findTool, type Tool } from '../tools.ts';
import { makeWorkFolder } from '../work-folder.ts';
import { buildServer } from './build-servers.ts';
import { findKubectl, type Kubectl, makeKubectl } from './kubectl.ts';
import { serviceAccountKey } from './service-account-key.ts';
import { makeUsers, type Users } from './users.ts';

export type ApiServerTools = {
  readonly etcd: Tool;
  readonly apiServer: Tool;
  readonly kubectl: Tool;
  /** False, or why tests with it are skipped: made to be handed to `describe(name, { skip })`. */
  readonly missing: false | string;
};

export type ApiServerOptions = {
  /** Names of further users and their groups; `admin` in `system:masters` is always there. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** More flags for kube-apiserver. */
  readonly flags?: readonly string[];
  /** Pods are given their account's token, which needs a control plane. */
  readonly admitsServiceAccounts?: boolean;
};

export type ApiServer = Omit<Users, 'tokenFile'> &
  Kubectl & {
    readonly url: string;
    /** Of its etcd, which keeps every version of every object for minutes. Plain HTTP, no access control. */
    readonly etcdUrl: string;
    /** PEM file of the authority of its certificate. */
    readonly caFile: string;
    /** Folder of all it wrote, gone after `stop`. */
    readonly folder: string;
    /** PEM file that signs and verifies tokens of service accounts. */
    readonly serviceAccountKeyFile: string;
    /** Ends kube-apiserver at once and starts it again on the same port, with the same content. */
    restart(): Promise<void>;
    stop(): Promise<void>;
  };

/** Times free ports are chosen: somebody else may take one before the server does. */
const attemptsMax = 3;

/**
 * The programs, built where they have to be.
 * @throws Error where one is missing and `CI=true`
 */
export async function findApiServerTools(): Promise<ApiServerTools> {
  const assets = [process.env['KUBEBUILDER_ASSETS'] ?? ''];
  const etcd = findTool('etcd', assets);
  const apiServer = findExecutable('kube-apiserver', assets) ?? (await buildServer('kube-apiserver'));
  const kubectl = await findKubectl();
  return { etcd, apiServer, kubectl, missing: etcd.missing || apiServer.missing || kubectl.missing };
}

/** @throws Error with the server's own words where it does not start */
export async function startApiServer(
  tools: ApiServerTools,
  options: ApiServerOptions = {},
): Promise<ApiServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(tools, options);
    } catch (error) {
      if (attempt === attemptsMax || !/address already in use/.test(String(error))) throw error;
    }
  }
}

async function start(tools: ApiServerTools, options: ApiServerOptions): Promise<ApiServer> {
  const folder = makeWorkFolder('kubernetes');
  const running = new Map<'etcd' | 'kube-apiserver', ServerProcess>();
  const stop = async () => {
    for (const one of [...running.values()].toReversed()) await one.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const etcd = await startEtcd(tools.etcd, folder);
    running.set('etcd', etcd.process);
    const port = await findFreePort();
    const url = `https://127.0.0.1:${port}`;
    const caFile = join(folder, 'certificates', 'apiserver.crt');
    const serviceAccountKeyFile = await serviceAccountKey(folder);
    const users = await makeUsers({ folder, url, caFile }, options.users ?? {});
    const { tokenFile, ...access } = users;
    const words = serverWords({ etcdUrl: etcd.url, folder, port, serviceAccountKeyFile, tokenFile });
    const isUp = () => isReady(url, users.tokens.get('admin') ?? '');
    const startServer = async () => {
      const flags = [...words, ...accountWords(options), ...(options.flags ?? [])];
      running.set('kube-apiserver', await startServerProcess(tools.apiServer, flags, { isReady: isUp }));
    };
    await startServer();
    const restart = async () => {
      await running.get('kube-apiserver')?.stop('SIGKILL');
      await startServer();
    };
    const runners = makeKubectl(tools.kubectl, users.kubeconfig, join(folder, 'kubectl-cache'));
    return {
      url,
      etcdUrl: etcd.url,
      caFile,
      folder,
      serviceAccountKeyFile,
      ...access,
      ...runners,
      restart,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type ServerPlaces = {
  readonly etcdUrl: string;
  readonly folder: string;
  readonly port: number;
  readonly serviceAccountKeyFile: string;
  readonly tokenFile: string;
};

function serverWords(places: ServerPlaces): readonly string[] {
  const { etcdUrl, folder, port, serviceAccountKeyFile, tokenFile } = places;
  return [
    `--etcd-servers=${etcdUrl}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${serviceAccountKeyFile}`,
    `--service-account-signing-key-file=${serviceAccountKeyFile}`,
    `--token-auth-file=${tokenFile}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
  ];
}

/** Without a controller manager nobody makes the accounts that the plugin would ask of every pod. */
function accountWords({ admitsServiceAccounts = false }: ApiServerOptions): readonly string[] {
  return admitsServiceAccounts ? [] : ['--disable-admission-plugins=ServiceAccount'];
}

async function startEtcd(
  tool: Tool,
  folder: string,
): Promise<{ readonly url: string; readonly process: ServerProcess }> {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const peers = `http://127.0.0.1:${await findFreePort()}`;
  const words = [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
  ];
  const isHealthy = async () => {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    return answer?.ok === true;
  };
  // A test's objects need not survive the machine; as a variable, an etcd that does not know it does not mind.
  const env = { ...process.env, ETCD_UNSAFE_NO_FSYNC: 'true' };
  return { url, process: await startServerProcess(tool, words, { env, isReady: isHealthy }) };
}

/** Its certificate is not there before it starts, so this one question goes without verifying it. */
function isReady(url: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const question = request(
      `${url}/readyz`,
      { headers, rejectUnauthorized: false, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    question.once('error', () => resolve(false));
    question.end();
  });
}
