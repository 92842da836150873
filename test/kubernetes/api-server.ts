/**
 * A real kube-apiserver with its etcd on loopback, for one test file: RBAC on, users by token, everything in
 * a temp folder. No controllers run and no nodes: what a test creates stays as it is.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, type ServerProcess, startServerProcess } from '../server-process.ts';
import { findExecutable, findTool, type RunResult, runTool, type Tool } from '../tools.ts';
import { buildServer } from './build-servers.ts';
import { findKubectl } from './kubectl.ts';
import { serviceAccountKey } from './service-account-key.ts';

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
};

export type ApiServer = {
  readonly url: string;
  /** PEM file of the authority of its certificate. */
  readonly caFile: string;
  /** Folder of all it wrote, gone after `stop`. */
  readonly folder: string;
  /** PEM file that signs and verifies tokens of service accounts. */
  readonly serviceAccountKeyFile: string;
  /** Bearer token by user. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Path of a kubeconfig whose one context and user have this name; `admin` unless told. */
  kubeconfig(user?: string): string;
  /** Makes a token that the server knows already one of `tokens`, with a kubeconfig. */
  addToken(user: string, token: string): Promise<void>;
  /** The real kubectl, as a user. @throws Error with its words where it ends with another status than 0 */
  kubectl(words: readonly string[], options?: KubectlOptions): Promise<string>;
  /** As `kubectl`, for what is meant to fail. */
  tryKubectl(words: readonly string[], options?: KubectlOptions): Promise<RunResult>;
  /** Ends kube-apiserver at once and starts it again on the same port, with the same content. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

export type KubectlOptions = { readonly user?: string; readonly stdin?: string };

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
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-kubernetes-'));
  for (let attempt = 1; ; attempt += 1) {
    const started: ServerProcess[] = [];
    try {
      return await start(tools, options, { folder, started });
    } catch (error) {
      for (const one of started.toReversed()) await one.stop('SIGKILL');
      if (attempt < attemptsMax && /address already in use/.test(String(error))) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

async function start(
  tools: ApiServerTools,
  { users = {}, flags = [] }: ApiServerOptions,
  { folder, started }: { readonly folder: string; readonly started: ServerProcess[] },
): Promise<ApiServer> {
  const etcd = await startEtcd(tools.etcd, folder);
  started.push(etcd.process);
  const port = await findFreePort();
  const url = `https://127.0.0.1:${port}`;
  const caFile = join(folder, 'certificates', 'apiserver.crt');
  const serviceAccountKeyFile = await serviceAccountKey(folder);
  const tokens = new Map<string, string>();
  const kubeconfig = (user = 'admin') => join(folder, `${user.replaceAll(/[^\w-]/g, '-')}.kubeconfig`);
  const addToken = async (user: string, token: string) => {
    tokens.set(user, token);
    await writeFile(kubeconfig(user), kubeconfigText({ url, caFile, user, token }), { mode: 0o600 });
  };
  const lines = [];
  for (const [user, groups] of Object.entries({ admin: ['system:masters'], ...users })) {
    await addToken(user, randomBytes(16).toString('hex'));
    lines.push(`${tokens.get(user)},${user},${user},"${groups.join(',')}"\n`);
  }
  const tokenFile = join(folder, 'tokens.csv');
  await writeFile(tokenFile, lines.join(''), { mode: 0o600 });
  const startServer = () =>
    startServerProcess(
      tools.apiServer,
      [
        `--etcd-servers=${etcd.url}`,
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
        // Without a controller manager nobody makes the accounts that it would ask of every pod.
        '--disable-admission-plugins=ServiceAccount',
        ...flags,
      ],
      { isReady: () => isReady(url, tokens.get('admin') ?? '') },
    );
  let server = await startServer();
  started.push(server);
  const tryKubectl: ApiServer['tryKubectl'] = (words, { user, stdin } = {}) =>
    runTool(tools.kubectl, [`--kubeconfig=${kubeconfig(user)}`, ...words], {
      // Discovery is cached by address, and an address is used again by the next server.
      env: { ...process.env, KUBECACHEDIR: join(folder, 'kubectl-cache') },
      ...(stdin === undefined ? {} : { stdin }),
    });
  return {
    url,
    caFile,
    folder,
    serviceAccountKeyFile,
    tokens,
    kubeconfig,
    addToken,
    tryKubectl,
    async kubectl(words, kubectlOptions) {
      const { status, stdout, stderr } = await tryKubectl(words, kubectlOptions);
      if (status !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${status}: ${stderr}`);
      return stdout;
    },
    async restart() {
      await server.stop('SIGKILL');
      server = await startServer();
    },
    async stop() {
      await server.stop('SIGKILL');
      await etcd.process.stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
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
  return { url, process: await startServerProcess(tool, words, { isReady: isHealthy }) };
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

type KubeconfigParts = {
  readonly url: string;
  readonly caFile: string;
  readonly user: string;
  readonly token: string;
};

function kubeconfigText({ url, caFile, user, token }: KubeconfigParts): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': user,
    clusters: [{ name: user, cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: user, context: { cluster: user, user } }],
  });
}
