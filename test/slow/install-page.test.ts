/**
 * The commands of docs/install.md as they stand there, typed into a shell: the real kubectl, flux and psql, on a real
 * API server and a real PostgreSQL. No pods run, so nothing is waited for that needs them.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { findAutomationCrds } from '../flux/build-automation.ts';
import { buildFluxCli } from '../flux/build-cli.ts';
import { policy, repository } from '../flux/objects.ts';
import { type ApiServer, findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { findTool, type RunResult, runTool } from '../tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/install.md'), 'utf8');
const tools = await findApiServerTools();
const flux = await buildFluxCli();
const psql = findTool('psql');
const automationCrds = await findAutomationCrds();

/** What stands there for somebody to fill in, but for the database's host. */
const fillings: readonly (readonly [RegExp, string])[] = [
  [/REGISTRY\/holdfast/g, 'registry.example/team/holdfast'],
  [/\bTAG\b/g, 'v1'],
  [/\bNAMESPACE\b/g, 'apps'],
  [/\bNAME\b/g, 'web'],
];

/** Programs that have nothing to do with the cluster, and what waits for pods, of which there are none. */
const standIns = `
git() { mkdir -p holdfast; }
docker() { :; }
kubectl() {
  case " $* " in
    *' rollout status '*) command kubectl "$@" --watch=false ;;
    *' delete -k holdfast-here '* | *' delete pvc '*) command kubectl "$@" --wait=false ;;
    *' exec '*) : ;;
    *) command kubectl "$@" ;;
  esac
}
# Nobody answers it.
flux() { case "$1" in resume) command flux "$@" --timeout=1s || true ;; *) command flux "$@" ;; esac; }
`;

describe('docs/install.md', {
  skip: tools.missing || flux.missing || psql.missing || (automationCrds.length === 0 && 'no CRDs of Flux'),
}, () => {
  let server: ApiServer;
  let postgres: PostgresServer;
  let databaseHost: string;
  let password: string;
  before(async () => {
    [server, postgres] = await Promise.all([startApiServer(tools), startPostgres()]);
    const url = new URL(await postgres.createDatabase());
    [databaseHost, password] = [url.host, url.password];
    const checkout = join(server.folder, 'page', 'holdfast');
    mkdirSync(checkout, { recursive: true });
    cpSync(join(root, 'deploy'), join(checkout, 'deploy'), { recursive: true });
    const programs = join(server.folder, 'programs');
    mkdirSync(programs);
    for (const { name, path } of [tools.kubectl, flux, psql]) symlinkSync(path, join(programs, name));
  });
  after(async () => {
    await postgres?.stop();
    await server?.stop();
  });

  /** Types it: at first beside the checkout, later in it. */
  async function type(commands: string, folder = 'page/holdfast'): Promise<RunResult> {
    const filled = fillings.reduce((text, [place, value]) => text.replaceAll(place, value), commands);
    const script = join(server.folder, 'commands.sh');
    writeFileSync(script, `${standIns}${filled.replaceAll('DATABASE-HOST', databaseHost)}`);
    const programs = [join(server.folder, 'programs'), dirname(process.execPath), process.env['PATH'] ?? ''];
    return runTool(findTool('bash'), ['-eu', '-o', 'pipefail', script], {
      cwd: join(server.folder, folder),
      env: {
        ...process.env,
        PATH: programs.join(delimiter),
        KUBECONFIG: server.kubeconfig(),
        KUBECACHEDIR: join(server.folder, 'page-cache'),
        PGPASSWORD: password,
      },
    });
  }

  async function typed(commands: string, folder?: string): Promise<string> {
    const { status, stdout, stderr } = await type(commands, folder);
    assert.equal(status, 0, `${commands}\n${stdout}${stderr}`);
    return stdout;
  }

  async function apply(items: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await server.kubectl(['apply', '--filename=-'], { stdin });
  }

  const suspended = async (): Promise<string> =>
    server.kubectl(['get', 'imageupdateautomations', '-A', '-o=jsonpath={.items[*].spec.suspend}']);

  it('installs the controller', async () => {
    const [install = ''] = blocksOf('# Installing the controller');
    assert.match(await typed(install, 'page'), /deployment\.apps\/holdfast created/);
    const image = ['get', 'deployment/holdfast', '-n=flux-system', '-o=jsonpath={..containers[0].image}'];
    assert.equal(await server.kubectl(image), 'registry.example/team/holdfast:v1');
  });

  it('makes a database, and a Secret that opens it', async () => {
    const [database = '', overlay = ''] = blocksOf('## With PostgreSQL');
    await typed(database);
    const secret = ['get', 'secret/holdfast-ledger', '-n=flux-system', '-o=jsonpath={.data.url}'];
    const url = Buffer.from(await server.kubectl(secret), 'base64').toString();
    const ledger = await openLedger(url, { env: {}, cwd: server.folder });
    await ledger.close();
    await typed(overlay);
    const variable = ['get', 'deployment/holdfast', '-n=flux-system', '-o=jsonpath={..env[*].name}'];
    assert.match(await server.kubectl(variable), /\bHOLDFAST_LEDGER\b/);
  });

  it('goes back to Flux with every automation standing still, and only until then', async () => {
    for (const file of automationCrds) await server.kubectl(['apply', `--filename=${file}`]);
    await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    await apply([
      ...['apps', 'shop'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      reflectorOfFlux,
      automation('apps', 'one'),
      automation('apps', 'two'),
      automation('shop', 'three'),
      {
        ...repository('web', { image: 'registry.example/web' }),
        metadata: { name: 'web', namespace: 'apps' },
      },
      { ...policy('web'), metadata: { name: 'web', namespace: 'apps' } },
    ]);
    const [away = '', afterwards = ''] = blocksOf('### And back');
    await typed(away);
    assert.equal(await suspended(), 'true true true');
    const replicas = ['get', 'deployments', '-n=flux-system', '-o=jsonpath={.items[*].spec.replicas}'];
    assert.equal(await server.kubectl(replicas), '0 1');
    await typed(afterwards);
    assert.doesNotMatch(await suspended(), /true/);
  });

  it('names no other command of kubectl or flux that cannot be typed', async () => {
    // Its kind is Prometheus Operator's, which is not here.
    const elsewhere = /deploy\/monitoring/;
    const commands = [...page.replaceAll(/```[^]*?```/g, '').matchAll(/`((?:kubectl|flux) [^`]+)`/g)]
      .map(([, command = '']) => command)
      .filter((command) => !elsewhere.test(command) && command.split(' ').length > 2);
    assert.ok(commands.length > 5);
    await apply([reflectorOfFlux]);
    for (const command of commands) await typed(command);
  });

  it('removes it', async () => {
    const [all = '', stuck = ''] = blocksOf('## Removing');
    await typed('kubectl apply -k holdfast-here');
    await typed(stuck);
    await typed(all);
    assert.equal(
      await server.kubectl([
        'get',
        'deployments',
        '-n=flux-system',
        '-l=app.kubernetes.io/name=holdfast',
        '-o=name',
      ]),
      '',
    );
  });

  it('runs every block', () => {
    const headings = ['# Installing the controller', '## With PostgreSQL', '### And back', '## Removing'];
    assert.equal(headings.flatMap(blocksOf).length, [...page.matchAll(/^```sh$/gm)].length);
  });
});

/** What stands in the page under a heading, up to the next one, as blocks of commands. */
function blocksOf(heading: string): readonly string[] {
  const [, section = ''] = `\n${page}`.split(`\n${heading}\n`);
  const [own = ''] = section.split(/^#+ /m);
  return [...own.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
}

const reflectorOfFlux = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'image-reflector-controller', namespace: 'flux-system' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'image-reflector-controller' } },
    template: {
      metadata: { labels: { app: 'image-reflector-controller' } },
      spec: { containers: [{ name: 'manager', image: 'registry.example/reflector:v1' }] },
    },
  },
};

function automation(namespace: string, name: string): object {
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImageUpdateAutomation',
    metadata: { name, namespace },
    spec: {
      interval: '1h',
      sourceRef: { kind: 'GitRepository', name: 'fleet' },
      git: { commit: { author: { email: 'robot@example.com' } } },
    },
  };
}
