import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type ApiServer, findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { addServiceAccount } from '../kubernetes/service-account.ts';

const tools = await findApiServerTools();

describe('the API server for tests', { skip: tools.missing }, () => {
  let server: ApiServer;
  before(async () => {
    server = await startApiServer(tools, { users: { jane: ['developers'] } });
  });
  after(() => server.stop());

  it('is a real one that kubectl speaks to', async () => {
    const version: unknown = JSON.parse(await server.kubectl(['get', '--raw=/version']));
    assert.match(JSON.stringify(version), /"gitVersion":"v1\.\d+\.\d+/);
    await server.kubectl(['create', 'namespace', 'apps']);
    assert.match(await server.kubectl(['get', 'namespaces']), /^apps +Active/m);
  });

  it('lets nobody do what was not granted', async () => {
    const { status, stderr } = await server.tryKubectl(['get', 'secrets'], { user: 'jane' });
    assert.equal(status, 1);
    assert.match(stderr, /User "jane" cannot list resource "secrets"/);
  });

  it('makes service accounts with exactly the rights they are given', async () => {
    const user = await addServiceAccount(server, {
      namespace: 'holdfast',
      name: 'reader',
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
      ownRules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }],
    });
    assert.equal(user, 'system:serviceaccount:holdfast:reader');
    const whoAmI = await server.kubectl(['auth', 'whoami', '--output=name'], { user }).catch(String);
    assert.match(whoAmI, /selfsubjectreview/);
    await server.kubectl(['get', 'configmaps', '--all-namespaces'], { user });
    await server.kubectl(['get', 'secrets', '--namespace=holdfast'], { user });
    const { stderr } = await server.tryKubectl(['get', 'secrets', '--all-namespaces'], { user });
    assert.match(stderr, /forbidden/);
  });

  it('sends bookmarks in the form that our fake does', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const { metadata } = JSON.parse(await server.kubectl(['get', `--raw=${path}`])) as {
      readonly metadata: { readonly resourceVersion: string };
    };
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=4&resourceVersion=${metadata.resourceVersion}`;
    const watched = server.kubectl(['get', `--raw=${path}?${query}`]);
    // Only where something happened to the kind since then, though not to what is watched, is there a bookmark.
    await server.kubectl(['create', 'configmap', 'elsewhere', '--namespace=kube-public']);
    const events = (await watched)
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    assert.partialDeepStrictEqual(events.at(-1), {
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: {} },
    });
    assert.match(JSON.stringify(events.at(-1)), /"resourceVersion":"\d+"/);
  });

  it('keeps its content and its address over a restart', async () => {
    await server.kubectl(['create', 'configmap', 'kept', '--from-literal=key=value']);
    await server.restart();
    assert.equal(
      await server.kubectl(['get', 'configmap', 'kept', '--output=jsonpath={.data.key}']),
      'value',
    );
  });

  it('leaves nothing behind', async () => {
    const other = await startApiServer(tools);
    await other.stop();
    assert.ok(!existsSync(other.folder));
    await assert.rejects(fetch(other.url), /fetch failed/);
  });
});
