/** Flux's image-automation-controller in a world, with a Git repository that it writes to. */

import type { Tool } from '../tools.ts';
import { buildAutomation, findAutomationCrds } from './build-automation.ts';
import { findGitTools, type GitServer, type GitTools, startGitServer } from './git-server.ts';
import { startReflector } from './reflector-program.ts';
import type { World } from './world.ts';

export type AutomationTools = {
  readonly automation: Tool;
  readonly git: GitTools;
  readonly missing: false | string;
};

export type Automation = {
  readonly git: GitServer;
  /** Lets it run once more, and is done when it did. */
  run(name: string): Promise<void>;
  stop(): Promise<void>;
};

export const namespace = 'shop';

/** @throws Error where something is missing and `CI=true` */
export async function findAutomationTools(): Promise<AutomationTools> {
  const [automation, git] = [await buildAutomation(), await findGitTools()];
  return { automation, git, missing: automation.missing || git.missing };
}

/** @param files of the first commit, by path; `IMAGE` in them stands for the image that is watched */
export async function startAutomation(
  { automation, git: gitTools }: AutomationTools,
  world: World,
  files: Readonly<Record<string, string>>,
): Promise<Automation> {
  const { server } = world;
  for (const file of await findAutomationCrds()) await server.kubectl(['apply', `--filename=${file}`]);
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  await server.kubectl(['create', 'namespace', namespace]);
  const filled = Object.entries(files).map(([path, text]) => [
    path,
    text.replaceAll('IMAGE', imageIn(world)),
  ]);
  const git = await startGitServer(gitTools, Object.fromEntries(filled));
  try {
    const controller = await startReflector(
      { name: 'flux', tool: automation, words: [] },
      { kubeconfig: server.kubeconfig() },
    );
    await server.kubectl(['apply', '--filename=-'], { stdin: JSON.stringify(objects(git.url)) });
    let runs = 0;
    return {
      git,
      async run(name) {
        runs += 1;
        const token = `run-${runs}`;
        const words = [
          'annotate',
          `--namespace=${namespace}`,
          `imageupdateautomation/${name}`,
          '--overwrite',
        ];
        await server.kubectl([...words, `reconcile.fluxcd.io/requestedAt=${token}`]);
        const handled = `--for=jsonpath={.status.lastHandledReconcileAt}=${token}`;
        await server.kubectl([
          'wait',
          `--namespace=${namespace}`,
          handled,
          '--timeout=60s',
          `imageupdateautomation/${name}`,
        ]);
      },
      async stop() {
        await controller.stop('SIGKILL');
        await git.close();
      },
    };
  } catch (error) {
    await git.close();
    throw error;
  }
}

export function imageIn({ registries }: World): string {
  return `${registries.open.host}/${namespace}`;
}

function objects(url: string): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata: { name: 'fleet', namespace },
        spec: { url, interval: '1h', ref: { branch: 'main' } },
      },
      {
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImageUpdateAutomation',
        metadata: { name: 'fleet', namespace },
        spec: {
          interval: '1h',
          sourceRef: { kind: 'GitRepository', name: 'fleet' },
          git: {
            commit: {
              author: { name: 'fleet', email: 'fleet@example.com' },
              messageTemplate:
                '{{ range .Changed.Changes }}{{ .OldValue }} -> {{ .NewValue }}{{ "\\n" }}{{ end }}',
            },
          },
          update: { strategy: 'Setters' },
        },
      },
    ],
  };
}
