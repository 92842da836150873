/**
 * The Kubernetes servers, built from their own Go module (`server/go.mod`) once and kept in the user's cache
 * folder, by version. Run by itself it builds what it is told, ahead of the tests:
 *
 *     node test/kubernetes/build-servers.ts kube-apiserver kubelet
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoProgram, say } from '../go-module.ts';
import type { Tool } from '../tools.ts';

const serverNames = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'] as const;

export type ServerName = (typeof serverNames)[number];

const moduleFolder = fileURLToPath(new URL('server', import.meta.url));

/** The version that is built, e.g. `v1.35.4`. */
export const kubernetesVersion: string = versionOf(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'));

/**
 * One of the servers: built where it is not there yet, four minutes on two cores for the API server.
 * @throws Error where it cannot be built and `CI=true`
 */
export function buildServer(name: ServerName): Promise<Tool> {
  return buildGoProgram({
    name,
    place: join('kubernetes', kubernetesVersion),
    moduleFolder,
    package: `k8s.io/kubernetes/cmd/${name}`,
    linkerFlags: linkerFlags(),
    howToDoWithout,
  });
}

const howToDoWithout =
  'install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl ' +
  '(setup-envtest use -p path)';

/** Without them a server calls itself v0.0.0, and kubectl complains. */
function linkerFlags(): string {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(values).map(
    ([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`,
  );
  return ['-s -w', ...settings].join(' ');
}

function versionOf(goMod: string): string {
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error('server/go.mod names no version of k8s.io/kubernetes');
  return version;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  for (const name of serverNames.filter((one) => words.length === 0 || words.includes(one))) {
    const tool = await buildServer(name);
    if (tool.missing !== false) say(`skipped: ${name} (${tool.missing})`);
  }
}
