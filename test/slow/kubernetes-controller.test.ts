/** `holdfast controller` as a process of its own, under its own service account, on a real API server. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { type ApiServer, findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { addServiceAccount } from '../kubernetes/service-account.ts';
import { findFreePort, type ServerProcess, startServerProcess } from '../server-process.ts';

const tools = await findApiServerTools();
const program = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));
const deploy = (path: string): string => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));

describe('holdfast controller on a real API server', { skip: tools.missing }, () => {
  let server: ApiServer;
  let registry: RegistryServer;
  let account: string;
  const running: ServerProcess[] = [];

  before(async () => {
    server = await startApiServer(tools);
    registry = await startRegistryServer();
    await server.kubectl(['create', 'namespace', 'flux-system']);
    // The Deployment and its volume stay: nobody runs them here.
    for (const folder of ['crds', 'base']) await server.kubectl(['apply', '--kustomize', deploy(folder)]);
    await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    account = await addServiceAccount(server, { namespace: 'flux-system', name: 'holdfast' });
    for (const tag of ['v2.17.0', 'v2.17.1'])
      registry.pushImage({ repository: 'team/app', tag, labels: { tag } });
    await server.kubectl(['apply', '--filename=-'], { stdin: JSON.stringify(objects(registry.host)) });
  });
  after(async () => {
    for (const one of running) await one.stop('SIGKILL');
    await registry?.close();
    await server?.stop();
  });

  async function start(
    ledger: string,
    {
      user = account,
      namespace = 'flux-system',
      words: more = [],
      isReady: isUp = isReady,
    }: Partial<Account> = {},
  ): Promise<{ readonly process: ServerProcess; readonly health: string }> {
    const health = `127.0.0.1:${await findFreePort()}`;
    const words = [
      program,
      'controller',
      `--storage-path=${join(server.folder, ledger)}`,
      '--metrics-addr=0',
      `--health-addr=${health}`,
      '--enable-leader-election',
      '--leader-election-lease-duration=3s',
      '--leader-election-renew-deadline=2s',
      '--leader-election-retry-period=200ms',
      ...more,
    ];
    const process = await startServerProcess(
      { name: 'node', path: globalThis.process.execPath, missing: false },
      words,
      {
        env: { KUBECONFIG: server.kubeconfig(user), RUNTIME_NAMESPACE: namespace },
        isReady: () => isUp(health),
      },
    );
    running.push(process);
    return { process, health };
  }

  const latest = (): Promise<string> =>
    server.kubectl(['get', 'imagepolicy', 'app', '--output=jsonpath={.status.latestRef.tag}']);

  it('selects with the rights of deploy/base alone, and shows it in the columns', async () => {
    const { process } = await start('one');
    await server.kubectl([
      'wait',
      '--for=condition=Ready',
      '--timeout=30s',
      'imagerepository/app',
      'imagepolicy/app',
    ]);
    assert.equal(await latest(), 'v2.17.1');
    const columns = await server.kubectl(['get', 'imgpol']);
    assert.match(
      columns,
      /^NAME +IMAGE +TAG +READY +STATUS +AGE\napp +127\.0\.0\.1:\d+\/team\/app +v2\.17\.1 +True +Latest image tag for /,
    );
    assert.match(
      await server.kubectl(['get', 'imgrepo']),
      /^NAME +IMAGE +TAGS +READY +STATUS +AGE\napp +\S+ +2 +True +successful scan: found 2 tags with checksum \d+/,
    );
    await eventually(async () => (await server.kubectl(['get', 'events'])).includes('Latest image tag for'));
    await process.stop('SIGTERM');
    const holder = await server.kubectl([
      'get',
      'lease',
      '--namespace=flux-system',
      '--output=jsonpath={.items[*].spec.holderIdentity}',
    ]);
    assert.equal(holder, '', 'the Lease is given back');
  });

  it('hands over to a replica with another ledger, and never goes back', async () => {
    const { process: leader } = await start('one');
    const { process: standby } = await start('two');
    registry.pushImage({ repository: 'team/app', tag: 'v2.17.2', labels: {} });
    await server.kubectl([
      'annotate',
      '--overwrite',
      'imagerepository/app',
      'reconcile.fluxcd.io/requestedAt=1',
    ]);
    await eventually(async () => (await latest()) === 'v2.17.2');
    registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'forget-tag', tag: 'v2.17.2' } });
    await leader.stop('SIGKILL');
    await eventually(async () =>
      (
        await server.kubectl([
          'get',
          'imagepolicy',
          'app',
          '--output=jsonpath={.status.conditions[?(@.type=="holdfast.dev/Selection")].reason}',
        ])
      ).includes('RegressionRefused'),
    );
    assert.equal(await latest(), 'v2.17.2');
    registry.faults.clear();
    await standby.stop('SIGTERM');
    for (const one of [leader, standby]) assert.doesNotMatch(one.output(), /another Holdfast/);
  });

  it('says that another Holdfast writes, where two do without a Lease', async () => {
    const alone = { words: ['--enable-leader-election=false'] };
    const { process: first } = await start('first', alone);
    const ask = (token: string): Promise<string> =>
      server.kubectl([
        'annotate',
        '--overwrite',
        'imagerepository/app',
        `reconcile.fluxcd.io/requestedAt=${token}`,
      ]);
    registry.pushImage({ repository: 'team/app', tag: 'v2.18.0', labels: {} });
    await ask('first');
    await eventually(async () => (await latest()) === 'v2.18.0');
    const { process: second } = await start('second', alone);
    // The first one is stopped meanwhile, so that it is the second that writes; a second later, as it is signed.
    process.kill(first.pid, 'SIGSTOP');
    await pause(1000);
    registry.pushImage({ repository: 'team/app', tag: 'v2.18.1', labels: {} });
    await ask('second');
    await eventually(async () => (await latest()) === 'v2.18.1');
    process.kill(first.pid, 'SIGCONT');
    await eventually(async () => first.output().includes('another Holdfast writes the status of Image'));
    for (const one of [first, second]) await one.stop('SIGTERM');
  });

  it('serves one namespace with the rights of deploy/one-namespace alone, and waits for a name of its cluster', async () => {
    await server.kubectl(['create', 'namespace', 'apps']);
    await server.kubectl(['apply', '--kustomize', deploy('one-namespace')]);
    const user = await addServiceAccount(server, { namespace: 'apps', name: 'holdfast' });
    const stdin = JSON.stringify(objects(registry.host, 'apps'));
    await server.kubectl(['apply', '--filename=-'], { stdin });
    const options = { user, namespace: 'apps', words: ['--watch-all-namespaces=false'] };
    const nameless = await start('nameless', { ...options, isReady: isWaitingForName });
    assert.equal((await fetch(`http://${nameless.health}/healthz`)).status, 200);
    await eventually(async () => nameless.process.output().includes('cannot tell which cluster'));
    const said = nameless.process.output().match(/cannot tell which cluster this is: .*/g) ?? [];
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /kube-system.*--cluster-name/);
    await nameless.process.stop('SIGTERM');
    const named = await start('named', { ...options, words: [...options.words, '--cluster-name=here'] });
    await server.kubectl([
      'wait',
      '--namespace=apps',
      '--for=condition=Ready',
      '--timeout=30s',
      'imagerepository/app',
      'imagepolicy/app',
    ]);
    await named.process.stop('SIGTERM');
    assert.doesNotMatch(named.process.output(), /forbids|forbidden/);
  });

  it('may write nothing but what it is for', async () => {
    for (const words of [
      ['create', 'secrets'],
      ['patch', 'serviceaccounts'],
      ['update', 'imagepolicies'],
      ['delete', 'imagerepositories'],
      ['get', 'pods'],
    ]) {
      const { stdout } = await server.tryKubectl(['auth', 'can-i', ...words, '--all-namespaces'], {
        user: account,
      });
      assert.equal(stdout.trim(), 'no', words.join(' '));
    }
  });
});

type Account = {
  readonly user: string;
  readonly namespace: string;
  readonly words: readonly string[];
  readonly isReady: (health: string) => Promise<boolean>;
};

function objects(host: string, namespace = 'default'): object {
  const apiVersion = 'image.toolkit.fluxcd.io/v1';
  const metadata = { name: 'app', namespace };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion, kind: 'ImageRepository', metadata, spec: { image: `${host}/team/app`, interval: '1h' } },
      {
        apiVersion,
        kind: 'ImagePolicy',
        metadata,
        spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '>=2.0.0' } } },
      },
    ],
  };
}

async function isReady(health: string): Promise<boolean> {
  const answer = await fetch(`http://${health}/readyz`).catch(() => undefined);
  return answer?.ok === true;
}

async function isWaitingForName(health: string): Promise<boolean> {
  const answer = await fetch(`http://${health}/readyz`).catch(() => undefined);
  return answer?.status === 503 && (await answer.text()).includes('which cluster this is');
}

async function eventually(is: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await is())) {
    assert.ok(performance.now() < deadline, 'it never came to be');
    await pause(100);
  }
}
