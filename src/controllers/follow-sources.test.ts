import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hurriedTiming } from '../../test/cluster/contract-objects.ts';
import { type FakeApiServer, kubeconfigFor, startFakeApiServer } from '../../test/cluster/fake-api-server.ts';
import { openKubernetesClient } from '../cluster/api-client.ts';
import { openClusterAccess } from '../cluster/kubeconfig.ts';
import type { KubernetesClient } from '../cluster/kubernetes-client.ts';
import { secretKind } from '../reflect/access-secrets.ts';
import { followSources } from './follow-sources.ts';

const namespace = 'team';

describe('following Secrets and ServiceAccounts', () => {
  let api: FakeApiServer;
  let folder: string;
  let admin: KubernetesClient;
  const open = async (token: string): Promise<KubernetesClient> => {
    const kubeconfig = join(folder, token);
    await writeFile(kubeconfig, kubeconfigFor(api.url, token));
    return openKubernetesClient(await openClusterAccess({ kubeconfig, env: {}, cwd: folder }));
  };
  const secret = (name: string, type = 'Opaque') => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    type,
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-sources-'));
    api = await startFakeApiServer({
      objects: {
        namespaces: [{ metadata: { name: namespace } }, { metadata: { name: 'other' } }],
        secrets: [{ ...secret('there'), metadata: { name: 'there', namespace } }],
        serviceaccounts: [],
      },
      token: 'secret-admin',
      users: {
        'secret-reader': {
          name: 'reader',
          rules: [
            { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
            { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch'] },
          ],
        },
      },
    });
    admin = await open('secret-admin');
  });
  after(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  async function follow(client: KubernetesClient, where: string | undefined) {
    const told: string[] = [];
    const lines: string[] = [];
    const heard = new EventEmitter();
    const stopping = new AbortController();
    let hearing = 0;
    const following = followSources(
      {
        client,
        timing: hurriedTiming,
        log: {
          write(level, message) {
            lines.push(`${level} ${message}`);
            heard.emit('line');
          },
        },
      },
      { namespace: where },
      {
        signal: stopping.signal,
        onChange({ kind, namespace: place, name }) {
          told.push(`${kind} ${place}/${name}`);
          heard.emit(name);
        },
        onHearing() {
          hearing += 1;
          heard.emit('hearing');
          if (hearing === 2) heard.emit('hearing all');
        },
      },
    );
    return {
      told,
      lines,
      heard,
      async stop() {
        stopping.abort();
        await following;
      },
    };
  }

  it('tells what changes from then on, of the namespace asked for, and no releases of Helm', async () => {
    const followed = await follow(admin, namespace);
    await once(followed.heard, 'hearing all');
    const last = once(followed.heard, 'last');
    await admin.create(secretKind, 'other', secret('elsewhere'));
    await admin.create(secretKind, namespace, secret('release', 'helm.sh/release.v1'));
    await admin.create(secretKind, namespace, secret('last'));
    await last;
    await followed.stop();
    assert.deepEqual(followed.told, [`Secret ${namespace}/last`]);
  });

  it('says once that it may not, goes on with the other kind, and asks again', async () => {
    const followed = await follow(await open('secret-reader'), undefined);
    const asked = (): number => api.requests.filter((path) => path.startsWith('/api/v1/secrets?')).length;
    const before = asked();
    while (asked() - before < 5) await once(followed.heard, 'line');
    await followed.stop();
    const said = followed.lines.filter((line) => !line.startsWith('debug'));
    assert.equal(said.length, 1, said.join('\n'));
    assert.match(
      said[0] ?? '',
      /^warn changes of secrets are not heard: .*forbids to list \/api\/v1\/secrets/,
    );
    assert.ok(
      api.requests.some((path) => path.startsWith('/api/v1/serviceaccounts?') && path.includes('watch=true')),
    );
  });
});
