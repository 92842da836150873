/**
 * The Kubernetes servers, built from their own Go module (`server/go.mod`) once and kept in the user's cache
 * folder, by version. Run by itself it builds what it is told, ahead of the tests:
 *
 *     node test/kubernetes/build-servers.ts kube-apiserver kubelet
 */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheFolder, findExecutable, missingTool, runTool, searchTool, type Tool } from '../tools.ts';

const serverNames = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'] as const;

export type ServerName = (typeof serverNames)[number];

const moduleFolder = fileURLToPath(new URL('server', import.meta.url));

/** Between two tries to have the lock while another run builds. */
const lockRetryMs = 500;

/** The version that is built, e.g. `v1.35.4`. */
export const kubernetesVersion: string = versionOf(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'));

/**
 * One of the servers: built where it is not there yet, four minutes on two cores for the API server.
 * @throws Error where it cannot be built and `CI=true`
 */
export async function buildServer(name: ServerName): Promise<Tool> {
  const folder = join(cacheFolder(), 'kubernetes', kubernetesVersion);
  const built = findExecutable(name, [folder]);
  if (built !== undefined) return built;
  const go = searchTool('go');
  if (go === undefined)
    return missingTool(name, `${name} is built with Go, which is not here: ${howToDoWithout}`);
  mkdirSync(folder, { recursive: true });
  const unlock = await lock(join(folder, 'building.lock'));
  try {
    return findExecutable(name, [folder]) ?? (await build(go, name, folder));
  } finally {
    unlock();
  }
}

const howToDoWithout =
  'install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl ' +
  '(setup-envtest use -p path)';

async function build(go: Tool, name: ServerName, folder: string): Promise<Tool> {
  const startedAt = Date.now();
  const path = join(folder, name);
  // Built beside its place and moved there: a build that was cut off is never taken for a program.
  const unfinished = `${path}.unfinished`;
  say(`building ${name} ${kubernetesVersion} once (kept in ${folder}); this takes minutes`);
  const words = ['build', '-trimpath', '-ldflags', linkerFlags(), '-o', unfinished];
  const { status, stderr } = await runTool(go, [...words, `k8s.io/kubernetes/cmd/${name}`], {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    return missingTool(name, `go build failed: ${stderr.trim().slice(-500)}`);
  }
  renameSync(unfinished, path);
  say(`built ${name} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return { name, path, missing: false };
}

/** Without them a server calls itself v0.0.0, and kubectl complains. */
function linkerFlags(): string {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(values).map(
    ([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`,
  );
  return ['-s -w', ...settings].join(' ');
}

/** A lock that the operating system lets go of when its holder dies: SQLite's on a file of ours. */
async function lock(file: string): Promise<() => void> {
  const database = new DatabaseSync(file);
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      if (!(error instanceof Error && /locked/.test(error.message))) throw error;
      if (attempt === 1) say('waiting for another run that builds the Kubernetes servers');
      await pause(lockRetryMs);
    }
  }
}

function versionOf(goMod: string): string {
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error('server/go.mod names no version of k8s.io/kubernetes');
  return version;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  for (const name of serverNames.filter((one) => words.length === 0 || words.includes(one))) {
    const tool = await buildServer(name);
    if (tool.missing !== false) say(`skipped: ${name} (${tool.missing})`);
  }
}
