import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { manualTiming } from '../../test/manual-timing.ts';
import { ClusterError } from './errors.ts';
import { isInCluster, openServiceAccountAccess } from './service-account-access.ts';

const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

async function accountFolder(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-account-'));
  context.after(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('the cluster a pod runs in', () => {
  it('is known by the two variables that the kubelet sets', () => {
    assert.equal(isInCluster(env), true);
    assert.equal(isInCluster({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }), false);
    assert.equal(isInCluster({}), false);
  });

  it('is asked with the token of the service account, and with the new one when it was renewed', async (context) => {
    const folder = await accountFolder(context, { token: 'first\n', 'ca.crt': 'certificate' });
    const timing = manualTiming();
    const access = await openServiceAccountAccess(env, { folder, elapsedMs: () => timing.elapsedMs() });
    assert.equal(access.server.href, 'https://10.0.0.1/');
    assert.deepEqual(await access.requestOptions(), {
      headers: { authorization: 'Bearer first' },
      ca: 'certificate',
    });
    await writeFile(join(folder, 'token'), 'second');
    await timing.advance(59_000);
    assert.partialDeepStrictEqual(await access.requestOptions(), {
      headers: { authorization: 'Bearer first' },
    });
    await timing.advance(1000);
    assert.partialDeepStrictEqual(await access.requestOptions(), {
      headers: { authorization: 'Bearer second' },
    });
  });

  it('may have an address of IPv6, and another port', async (context) => {
    const folder = await accountFolder(context, { token: 't', 'ca.crt': 'c' });
    const six = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    assert.equal((await openServiceAccountAccess(six, { folder })).server.href, 'https://[fd00::1]:6443/');
  });

  const wrong: readonly {
    name: string;
    env?: typeof env;
    files: Readonly<Record<string, string>>;
    message: RegExp;
  }[] = [
    { name: 'no account', files: {}, message: /cannot read .*ca\.crt/ },
    { name: 'no token', files: { 'ca.crt': 'c' }, message: /cannot read .*token/ },
    { name: 'an empty token', files: { 'ca.crt': 'c', token: '\n' }, message: /holds no token/ },
    { name: 'a token of two lines', files: { 'ca.crt': 'c', token: 'a\nsecret' }, message: /holds no token/ },
    {
      name: 'no address',
      env: { KUBERNETES_SERVICE_HOST: 'a b', KUBERNETES_SERVICE_PORT: 'x' },
      files: { 'ca.crt': 'c', token: 't' },
      message: /make no address/,
    },
  ];
  for (const { name, env: given = env, files, message } of wrong) {
    it(`is not asked with ${name}, and no token is shown`, async (context) => {
      const folder = await accountFolder(context, files);
      const asked = openServiceAccountAccess(given, { folder }).then((access) => access.requestOptions());
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof ClusterError);
        assert.equal(error.code, 'KUBECONFIG_INVALID');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }
});
