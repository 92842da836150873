import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Scenario, setUpScenario } from '../../demo/scenario.ts';
import { RegistryServerError } from '../../registry-server/errors.ts';
import { type RegistryServer, startRegistryServer } from '../../registry-server/registry-server.ts';
import { type Paint, paintFor } from '../color.ts';
import { addExamples, type CommandModule, flagOption } from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { writeText } from '../output.ts';

/** Tried first, so that the demo's references look the same each time; any free port where it is taken. */
const favouritePort = 5055;
const folderName = 'holdfast-demo';

/** A part of the story: what is said, what happens behind it, and the command a user would type. */
type Scene = {
  readonly title: string;
  readonly say: string;
  readonly act?: () => Promise<void>;
  readonly words: readonly string[];
};

export const command: CommandModule = {
  define(command: Command) {
    command.option('--once', 'end after the story instead of staying up for your own commands');
    addExamples(command, [
      ['holdfast demo', 'tell the story, then keep the registry up until Ctrl-C'],
      ['holdfast demo --once', 'tell the story and end'],
    ]);
  },

  async run(host, _positional, options) {
    const server = await startDemoRegistry();
    const folder = await makeFolder(host);
    try {
      const scenario = setUpScenario(server);
      await writeFiles(folder, scenario.files);
      const status = await play(demoHost(host, folder), scenesOf(scenario, relative(host.cwd, folder), host));
      if (status !== exitStatus.clean || flagOption(options, 'once')) return status;
      await stayUp(host, server, folder);
      return exitStatus.clean;
    } finally {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function scenesOf(scenario: Scenario, folder: string, host: Host): readonly Scene[] {
  const manifests = join(folder, 'manifests');
  const dump = join(folder, 'cluster.json');
  const fluentd = join(manifests, 'fluentd.yaml');
  return [
    {
      title: 'Which images are declared?',
      say: `A folder of manifests in ${manifests}: a StatefulSet, a DaemonSet, Helm values, a kustomization.`,
      words: ['images', manifests],
    },
    {
      title: 'What does the registry say today?',
      say: 'The ledger remembers every tag of the repository, and the digest of each tag that somebody cares for.',
      words: ['scan', scenario.repository, '--digests', 'all'],
    },
    {
      title: 'Somebody rebuilds the image and pushes it under the same tag.',
      say: 'Then a node is added, and the workload grows onto it. The next scan notices.',
      act: async () => writeFile(resolve(host.cwd, dump), scenario.rebuild(host.clock.now())),
      words: ['scan', scenario.repository, '--digests', 'all'],
    },
    {
      title: 'What did this tag point to, and when?',
      say: 'The ledger keeps both digests.',
      words: ['history', scenario.movingReference],
    },
    {
      title: 'Three of five pods crash. Why only those?',
      say: `The cluster, as \`kubectl get nodes,pods,statefulsets,events -A -o json > ${dump}\` saved it.`,
      words: ['skew', dump],
    },
    {
      title: 'Hold what works.',
      say: `The advice is taken: ${fluentd} now names the digest that works. Then everything else is locked as it is.`,
      act: async () => {
        const path = resolve(host.cwd, fluentd);
        const text = await readFile(path, 'utf8');
        const pinned = `${scenario.movingReference}@${scenario.good.digest}`;
        await writeFile(path, text.replace(scenario.movingReference, pinned));
      },
      words: ['lock', manifests],
    },
    {
      title: 'What would pinning change?',
      say: 'Only the bytes of the values; the output is a diff that `git apply` takes.',
      words: ['pin', manifests, '--dry-run'],
    },
    { title: 'Pin.', say: 'Every reference now names its digest.', words: ['pin', manifests] },
    {
      title: 'Is everything as it was meant?',
      say: 'One report of every rule, over the manifests, the registry, the ledger and the cluster.',
      words: ['check', manifests, '--snapshot', dump],
    },
  ];
}

async function play(host: Host, scenes: readonly Scene[]): Promise<ExitStatus> {
  const { runCli } = await import('../cli.ts');
  const paint = paintFor(host);
  for (const [index, scene] of scenes.entries()) {
    host.signal.throwIfAborted();
    await scene.act?.();
    await writeText(host, introduction(paint, index + 1, scene, programOf(host)));
    const status = await runCli(scene.words, host);
    if (status === exitStatus.findings) await writeText(host, paint('dim', '(exit status 1: findings)\n'));
    else if (status !== exitStatus.clean) return status;
  }
  return exitStatus.clean;
}

function introduction(paint: Paint, number: number, scene: Scene, program: string): string {
  const line = ['$', program, ...scene.words].join(' ');
  return `\n${paint('bold', `${number}. ${scene.title}`)}\n${scene.say}\n\n${paint('cyan', line)}\n`;
}

async function stayUp(host: Host, server: RegistryServer, folder: string): Promise<void> {
  const program = programOf(host);
  const shown = relative(host.cwd, folder);
  await writeText(
    host,
    `
The registry stays up at ${server.url} until Ctrl-C. In another terminal, from this folder:

  export HOLDFAST_LEDGER=${join(shown, 'ledger.db')}
  ${program} images ${join(shown, 'manifests')} --output json
  ${program} history ${server.host}/kube-logging/fluentd:v1.16-4.11-full
  ${program} skew ${join(shown, 'cluster.json')}
  ${program} unpin ${join(shown, 'manifests')} --dry-run
`,
  );
  await new Promise<void>((resolve) => {
    if (host.signal.aborted) resolve();
    else host.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** `holdfast-demo` in the working directory, where commands typed by hand find it; never one that is there already. */
async function makeFolder(host: Host): Promise<string> {
  const folder = join(host.cwd, folderName);
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    return mkdtemp(isTaken ? `${folder}-` : join(tmpdir(), `${folderName}-`));
  }
}

/** The demo's own ledger, so that the user's is not touched. */
function demoHost(host: Host, folder: string): Host {
  const ledger = join(folder, 'ledger.db');
  const { services } = host;
  return {
    ...host,
    services: {
      ...services,
      openLedger: (location, opening) => services.openLedger(location ?? ledger, opening),
    },
  };
}

/** How the user would start the same command: after `npm start` and `npx holdfast` only npx finds the program. */
function programOf(host: Host): string {
  const { npm_lifecycle_event: script, npm_command: started } = host.env;
  return script === 'start' || started === 'exec' ? 'npx holdfast' : 'holdfast';
}

async function startDemoRegistry(): Promise<RegistryServer> {
  try {
    return await startRegistryServer({ port: favouritePort });
  } catch (error) {
    if (!(error instanceof RegistryServerError)) throw error;
    return await startRegistryServer();
  }
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
