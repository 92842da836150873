import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeAuthority } from '../../test/certificates.ts';
import { type FakeApiServer, kubeconfigFor, startFakeApiServer } from '../../test/cluster/fake-api-server.ts';
import type { ImageRepositorySpec } from '../api/image-repository.ts';
import { openKubernetesClient } from '../cluster/api-client.ts';
import { openClusterAccess } from '../cluster/kubeconfig.ts';
import type { KubernetesClient } from '../cluster/kubernetes-client.ts';
import { HoldfastError } from '../errors.ts';
import type { AccessSource } from './access-secrets.ts';
import { type ReadAccess, readRegistryAccess } from './registry-access.ts';

const host = 'registry.test';
const namespace = 'team';
const prefix = 'failed to configure authentication options: ';

const plain: ImageRepositorySpec = {
  image: `${host}/app`,
  intervalMs: 60_000,
  timeoutMs: 60_000,
  secretName: undefined,
  proxySecretName: undefined,
  certSecretName: undefined,
  serviceAccountName: undefined,
  suspend: false,
  accessFrom: undefined,
  exclusionList: ['^.*\\.sig$'],
  provider: 'generic',
  insecure: false,
};

const encode = (data: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

const login = (value: unknown): object => ({
  type: 'kubernetes.io/dockerconfigjson',
  data: encode({ '.dockerconfigjson': typeof value === 'string' ? value : JSON.stringify({ auths: value }) }),
});

/** Everything that the cases name, by the name it has in the cluster. */
async function makeSecrets(): Promise<Readonly<Record<string, object>>> {
  const authority = await makeAuthority();
  const one = await authority.clientCertificate('one');
  const other = await authority.clientCertificate('other');
  const tls = (data: Readonly<Record<string, string>>) => ({ type: 'Opaque', data: encode(data) });
  return {
    good: login({ [host]: { username: 'jane', password: 'hunter2' } }),
    legacy: {
      type: 'kubernetes.io/dockercfg',
      data: encode({ '.dockercfg': JSON.stringify({ [host]: { auth: 'amFuZTpodW50ZXIy' } }) }),
    },
    many: login(
      Object.fromEntries(
        Array.from({ length: 9000 }, (_, at) => [`r${at}.test`, { auth: 'amFuZTpodW50ZXIy' }]),
      ),
    ),
    endless: login(Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`r${at}.test`, {}]))),
    large: login(JSON.stringify({ auths: {}, more: 'hunter2'.padEnd(2 * 1024 * 1024, '.') })),
    opaque: { type: 'Opaque', data: encode({ password: 'hunter2' }) },
    untyped: { data: encode({ password: 'hunter2' }) },
    empty: { type: 'kubernetes.io/dockerconfigjson', data: {} },
    'not-base64': {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': '{"auths": "hunter2"}' },
    },
    'not-json': login('hunter2'),
    'auth-not-base64': login({ [host]: { auth: '%%hunter2%%' } }),
    'auth-no-colon': login({ [host]: { auth: Buffer.from('hunter2').toString('base64') } }),
    'auths-a-list': login('{"auths": ["hunter2"]}'),
    ca: tls({ 'ca.crt': authority.ca }),
    'ca-legacy': tls({ caFile: authority.ca }),
    pair: tls({ 'tls.crt': one.certificate, 'tls.key': one.key }),
    'ca-garbage': tls({ 'ca.crt': 'hunter2' }),
    'pair-half': tls({ 'tls.crt': one.certificate }),
    'pair-mixed': tls({ 'tls.crt': one.certificate, 'tls.key': other.key }),
    proxy: tls({ address: 'http://proxy.test:3128', username: 'ja ne', password: 'hunter2@/:' }),
    'proxy-garbage': tls({ address: 'hunter2' }),
    'proxy-ftp': tls({ address: 'ftp://proxy.test' }),
    'proxy-empty': tls({ username: 'jane' }),
  };
}

let api: FakeApiServer;
let folder: string;
let client: KubernetesClient;
let stranger: KubernetesClient;

before(async () => {
  const named = Object.entries(await makeSecrets());
  const metadata = (name: string) => ({ name, namespace });
  api = await startFakeApiServer({
    objects: {
      namespaces: [{ metadata: { name: namespace } }],
      secrets: named.map(([name, secret]) => ({ ...secret, metadata: metadata(name) })),
      serviceaccounts: [
        {
          metadata: metadata('with-two'),
          imagePullSecrets: [{ name: 'good' }, { name: 'opaque' }, { name: 'legacy' }],
        },
        { metadata: metadata('with-gone'), imagePullSecrets: [{ name: 'gone' }] },
        { metadata: metadata('bare') },
      ],
    },
    token: 'secret-admin',
    users: { 'secret-stranger': { name: 'stranger', rules: [] } },
  });
  folder = await mkdtemp(join(tmpdir(), 'holdfast-access-'));
  const open = async (token: string): Promise<KubernetesClient> => {
    const kubeconfig = join(folder, token);
    await writeFile(kubeconfig, kubeconfigFor(api.url, token));
    return openKubernetesClient(await openClusterAccess({ kubeconfig, env: {}, cwd: folder }));
  };
  client = await open('secret-admin');
  stranger = await open('secret-stranger');
});
after(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

function read(
  spec: Partial<ImageRepositorySpec>,
  options: {
    readonly as?: KubernetesClient;
    readonly looked?: AccessSource[];
    readonly account?: string;
  } = {},
): Promise<ReadAccess> {
  return readRegistryAccess({ ...plain, ...spec }, host, {
    client: options.as ?? client,
    namespace,
    defaultServiceAccount: options.account,
    hasObjectIdentity: false,
    signal: new AbortController().signal,
    onLook: (source) => options.looked?.push(source),
  });
}

const refused: readonly {
  readonly name: string;
  readonly given: Partial<ImageRepositorySpec>;
  readonly says: RegExp;
}[] = [
  { name: 'a secret that is missing', given: { secretName: 'gone' }, says: /^secrets "gone" not found$/ },
  {
    name: 'a secret of another type',
    given: { secretName: 'opaque' },
    says: /^secret 'team\/opaque' has type Opaque/,
  },
  { name: 'a secret without a type', given: { secretName: 'untyped' }, says: /has type Opaque/ },
  {
    name: 'a secret without its key',
    given: { secretName: 'empty' },
    says: /has no key \.dockerconfigjson$/,
  },
  {
    name: 'a secret that is not base64',
    given: { secretName: 'not-base64' },
    says: /key '\.dockerconfigjson' is not base64$/,
  },
  {
    name: 'a secret that is not JSON',
    given: { secretName: 'not-json' },
    says: /secret team\/not-json is neither JSON nor base64 of JSON/,
  },
  { name: 'logins that are a list', given: { secretName: 'auths-a-list' }, says: /auths must be an object/ },
  {
    name: 'a login that is not base64',
    given: { secretName: 'auth-not-base64' },
    says: /auths\["registry\.test"\]\.auth/,
  },
  {
    name: 'a login without a colon',
    given: { secretName: 'auth-no-colon' },
    says: /auths\["registry\.test"\]\.auth/,
  },
  { name: 'more logins than anybody has', given: { secretName: 'endless' }, says: /more than 10000 entries/ },
  {
    name: 'a secret larger than one can be',
    given: { secretName: 'large' },
    says: /larger than a Secret can be/,
  },
  {
    name: 'a ServiceAccount that is missing',
    given: { serviceAccountName: 'gone' },
    says: /^serviceaccount 'team\/gone' not found$/,
  },
  {
    name: 'a pull secret that is missing',
    given: { serviceAccountName: 'with-gone' },
    says: /^failed to get image pull secret for serviceaccount 'team\/with-gone': secret 'team\/gone' not found$/,
  },
  {
    name: 'certificates that are missing',
    given: { certSecretName: 'gone' },
    says: /^secret 'team\/gone' not found$/,
  },
  {
    name: 'certificates under no known key',
    given: { certSecretName: 'opaque' },
    says: /must contain either 'ca\.crt' or both/,
  },
  {
    name: 'an authority that is none',
    given: { certSecretName: 'ca-garbage' },
    says: /^failed to parse CA certificate$/,
  },
  {
    name: 'a certificate without its key',
    given: { certSecretName: 'pair-half' },
    says: /^secret 'team\/pair-half' contains 'tls\.crt' but missing 'tls\.key'$/,
  },
  {
    name: 'a certificate with the key of another',
    given: { certSecretName: 'pair-mixed' },
    says: /cannot be used$/,
  },
  {
    name: 'a proxy that is missing',
    given: { proxySecretName: 'gone' },
    says: /^secret 'team\/gone' not found$/,
  },
  {
    name: 'a proxy without an address',
    given: { proxySecretName: 'proxy-empty' },
    says: /key 'address' not found$/,
  },
  {
    name: 'a proxy that is no URL',
    given: { proxySecretName: 'proxy-garbage' },
    says: /key 'address' is not the URL of a proxy$/,
  },
  {
    name: 'a proxy of another protocol',
    given: { proxySecretName: 'proxy-ftp' },
    says: /proxy URL must use one of the supported schemes \(http, https, socks5\), got 'ftp'$/,
  },
];

describe('an access that cannot be used names what is wrong, and shows nothing of it:', () => {
  for (const { name, given, says } of refused) {
    it(name, async () => {
      await assert.rejects(read(given), (error: unknown) => {
        assert.ok(error instanceof HoldfastError);
        assert.equal(error.code, 'ACCESS_UNUSABLE');
        assert.ok(error.message.startsWith(prefix), error.message);
        assert.match(error.message.slice(prefix.length), says);
        assert.doesNotMatch(`${error.message} ${error.hint} ${String(error.cause)}`, /hunter2|aHVudGVy/);
        return true;
      });
    });
  }

  it('what may not be read', async () => {
    const message = /^failed .*: secret 'team\/good' may not be read: .* forbids to get/;
    await assert.rejects(read({ secretName: 'good' }, { as: stranger }), {
      code: 'ACCESS_UNUSABLE',
      message,
    });
    await assert.rejects(read({ serviceAccountName: 'bare' }, { as: stranger }), {
      code: 'ACCESS_UNUSABLE',
      message: /serviceaccount 'team\/bare' may not be read/,
    });
  });
});

describe('an access', () => {
  it('has its own secret before those of its ServiceAccount, of which one of another type is passed over', async () => {
    const looked: AccessSource[] = [];
    const { access } = await read({ secretName: 'many', serviceAccountName: 'with-two' }, { looked });
    assert.deepEqual(
      access.pullSecrets.map(({ name }) => name),
      ['team/many', 'team/good', 'team/legacy'],
    );
    assert.deepEqual(
      looked.map(({ kind, name }) => `${kind} ${name}`),
      ['Secret many', 'ServiceAccount with-two', 'Secret good', 'Secret opaque', 'Secret legacy'],
    );
  });

  it('has no pull secrets of a default ServiceAccount, which is for clouds', async () => {
    assert.deepEqual((await read({}, { account: 'gone' })).access.pullSecrets, []);
  });

  it('has certificates under their keys of now and before', async () => {
    assert.equal((await read({ certSecretName: 'ca' })).access.tls.ca?.length, 1);
    assert.equal((await read({ certSecretName: 'ca-legacy' })).access.tls.ca?.length, 1);
    assert.deepEqual(Object.keys((await read({ certSecretName: 'pair' })).access.tls), [
      'certificate',
      'key',
    ]);
  });

  it('has a proxy with a name and a password of any characters', async () => {
    const { proxy } = (await read({ proxySecretName: 'proxy' })).access;
    assert.equal(proxy?.host, 'proxy.test:3128');
    assert.equal(decodeURIComponent(proxy.username), 'ja ne');
    assert.equal(decodeURIComponent(proxy.password), 'hunter2@/:');
  });
});
