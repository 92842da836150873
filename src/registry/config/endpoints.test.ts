import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fixedClock } from '../../clock.ts';
import { parseRepository, repositoryName } from '../../reference/repository.ts';
import type { Endpoint } from '../endpoint.ts';
import {
  loadRegistryConfiguration,
  type RegistryConfiguration,
  type RegistryConfigurationOptions,
} from './registry-configuration.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-endpoints-'));
});
after(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  await mkdir(root);
});

type Files = Readonly<Record<string, string>>;

/** Writes files below the machine's root, where `home/` is the user's home. */
async function load(
  files: Files,
  options: Partial<RegistryConfigurationOptions> = {},
): Promise<RegistryConfiguration> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return loadRegistryConfiguration({
    env: {},
    homeDirectory: join(root, 'home'),
    systemRoot: root,
    clock: fixedClock(0),
    ...options,
  });
}

/** `https://m.example/v2/ a/b (mirror of docker.io, digests, unverified, or plain)`. */
function describeEndpoint(endpoint: Endpoint): string {
  const notes = [
    ...(endpoint.kind === 'mirror' ? [`mirror${endpoint.upstream ? ` of ${endpoint.upstream}` : ''}`] : []),
    ...(endpoint.resolvesTags ? [] : ['digests']),
    ...(endpoint.servesDigests ? [] : ['tags']),
    ...(endpoint.tls.skipVerify === true ? ['unverified'] : []),
    ...(endpoint.plainApiUrl === undefined ? [] : [`or ${endpoint.plainApiUrl.protocol}`]),
    ...(endpoint.tls.ca ?? []).map((ca) => `ca ${labelOf(ca)}`),
    ...(endpoint.tls.certificate === undefined ? [] : [`client ${labelOf(endpoint.tls.certificate)}`]),
  ];
  return `${endpoint.apiUrl.href} ${endpoint.repository.path}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}

const certificate = (label: string): string =>
  `-----BEGIN CERTIFICATE-----\n${label}\n-----END CERTIFICATE-----\n`;
const privateKey = '-----BEGIN PRIVATE KEY-----\nkey\n-----END PRIVATE KEY-----\n';

function labelOf(pem: string): string {
  return pem.split('\n')[1] ?? '';
}

type Case = {
  name: string;
  files?: Files;
  insecureHosts?: readonly string[];
  registriesFile?: string;
  env?: Record<string, string>;
  repository: string;
  expected: readonly string[];
};

function check(cases: readonly Case[]): void {
  for (const { name, files = {}, insecureHosts, registriesFile, env = {}, repository, expected } of cases) {
    it(name, async () => {
      const configuration = await load(files, {
        insecureHosts,
        env: Object.fromEntries(Object.entries(env).map(([key, path]) => [key, join(root, path)])),
        registriesFile: registriesFile === undefined ? undefined : join(root, registriesFile),
      });
      const endpoints = await configuration.endpoints.listEndpoints(parseRepository(repository));
      assert.deepEqual(endpoints.map(describeEndpoint), expected);
    });
  }
}

describe('endpoints without configuration', () => {
  check([
    { name: 'are the registry itself', repository: 'ghcr.io/a/b', expected: ['https://ghcr.io/v2/ a/b'] },
    {
      name: 'are the API host of Docker Hub',
      repository: 'nginx',
      expected: ['https://registry-1.docker.io/v2/ library/nginx'],
    },
    { name: 'keep a port', repository: 'r.example:5000/a', expected: ['https://r.example:5000/v2/ a'] },
    {
      name: 'are plain on localhost',
      repository: 'localhost:5000/a',
      expected: ['http://localhost:5000/v2/ a'],
    },
    {
      name: 'are plain on 127.0.0.0/8',
      repository: '127.1.2.3:5000/a',
      expected: ['http://127.1.2.3:5000/v2/ a'],
    },
    { name: 'are plain on ::1', repository: '[::1]:5000/a', expected: ['http://[::1]:5000/v2/ a'] },
    {
      name: 'are not plain on a host that only begins so',
      repository: '127.0.0.1.evil.test/a',
      expected: ['https://127.0.0.1.evil.test/v2/ a'],
    },
    {
      name: 'are tried over TLS without verification, then plain, on an insecure host',
      insecureHosts: ['R.example:5000'],
      repository: 'r.example:5000/a',
      expected: ['https://r.example:5000/v2/ a (unverified, or http:)'],
    },
    {
      name: 'take an insecure host written as a URL',
      insecureHosts: ['http://r.example:5000/'],
      repository: 'r.example:5000/a',
      expected: ['https://r.example:5000/v2/ a (unverified, or http:)'],
    },
    {
      name: 'are secure on another port of an insecure host',
      insecureHosts: ['r.example:5000'],
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a'],
    },
    {
      name: 'are tried over TLS first on a loopback host that was called insecure',
      insecureHosts: ['localhost:5000'],
      repository: 'localhost:5000/a',
      expected: ['https://localhost:5000/v2/ a (unverified, or http:)'],
    },
  ]);
});

describe('certificates', () => {
  const folders = ['home/.config/containers', 'etc/containers', 'etc/docker', 'etc/containerd'];
  check([
    ...folders.map((folder) => ({
      name: `are found in ${folder}/certs.d`,
      files: { [`${folder}/certs.d/r.example:5000/ca.crt`]: certificate(folder) },
      repository: 'r.example:5000/a',
      expected: [`https://r.example:5000/v2/ a (ca ${folder})`],
    })),
    {
      name: 'are those of the first folder that there is',
      files: {
        'home/.config/containers/certs.d/r.example/ca.crt': certificate('user'),
        'etc/docker/certs.d/r.example/ca.crt': certificate('docker'),
      },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a (ca user)'],
    },
    {
      name: 'may be several authorities and a client',
      files: {
        'etc/docker/certs.d/r.example/b.crt': certificate('b'),
        'etc/docker/certs.d/r.example/a.crt': certificate('a'),
        'etc/docker/certs.d/r.example/me.cert': certificate('me'),
        'etc/docker/certs.d/r.example/me.key': privateKey,
        'etc/docker/certs.d/r.example/README': 'not read',
      },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a (ca a, ca b, client me)'],
    },
    {
      name: 'are not those of another port',
      files: { 'etc/docker/certs.d/r.example:5000/ca.crt': certificate('a') },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a'],
    },
    {
      name: 'make a loopback registry one that is asked over TLS first',
      files: { 'etc/docker/certs.d/localhost:5000/ca.crt': certificate('a') },
      repository: 'localhost:5000/a',
      expected: ['https://localhost:5000/v2/ a (or http:, ca a)'],
    },
  ]);

  const broken: readonly { name: string; files: Files; message: RegExp }[] = [
    {
      name: 'without key',
      files: { 'c.cert': certificate('a') },
      message: /c\.cert has no .*c\.key beside it/,
    },
    {
      name: 'without certificate',
      files: { 'c.key': privateKey },
      message: /c\.key has no .*c\.cert beside it/,
    },
    { name: 'that are DER', files: { 'c.crt': '0\u0082' }, message: /c\.crt holds no PEM CERTIFICATE$/ },
  ];
  for (const { name, files, message } of broken) {
    it(`${name} are refused by name`, async () => {
      const configuration = await load(
        Object.fromEntries(
          Object.entries(files).map(([file, text]) => [`etc/docker/certs.d/r.example/${file}`, text]),
        ),
      );
      await assert.rejects(() => configuration.endpoints.listEndpoints(parseRepository('r.example/a')), {
        code: 'REGISTRIES_UNREADABLE',
        message,
      });
    });
  }
});

describe('registries.conf on disk', () => {
  const mirrorOf = (registry: string, mirror: string): string =>
    `[[registry]]\nlocation = "${registry}"\n[[registry.mirror]]\nlocation = "${mirror}"\n`;
  const files = {
    'etc/containers/registries.conf': mirrorOf('r.example', 'system.local'),
    'etc/containers/registries.conf.d/50.conf': mirrorOf('r.example', 'dropin.local'),
    'etc/containers/registries.conf.d/60.conf.bak': mirrorOf('r.example', 'backup.local'),
    'named.conf': mirrorOf('r.example', 'named.local'),
  };
  const dropIn = ['https://dropin.local/v2/ a (mirror)', 'https://r.example/v2/ a'];
  check([
    { name: 'is replaced by its drop-ins', files, repository: 'r.example/a', expected: dropIn },
    {
      name: 'of the user hides the system and its drop-ins',
      files: { ...files, 'home/.config/containers/registries.conf': mirrorOf('r.example', 'user.local') },
      repository: 'r.example/a',
      expected: ['https://user.local/v2/ a (mirror)', 'https://r.example/v2/ a'],
    },
    {
      name: 'may be named by the environment, and keeps the drop-ins',
      files: { 'named.conf': files['named.conf'] },
      env: { CONTAINERS_REGISTRIES_CONF: 'named.conf' },
      repository: 'r.example/a',
      expected: ['https://named.local/v2/ a (mirror)', 'https://r.example/v2/ a'],
    },
    {
      name: 'may be named by the option',
      files: { 'named.conf': files['named.conf'] },
      registriesFile: 'named.conf',
      env: { CONTAINERS_REGISTRIES_CONF: 'absent.conf' },
      repository: 'r.example/a',
      expected: ['https://named.local/v2/ a (mirror)', 'https://r.example/v2/ a'],
    },
    {
      name: 'makes a mirror insecure without making the registry so',
      files: {
        'etc/containers/registries.conf': `${mirrorOf('docker.io', 'm.local:5000/hub')}insecure = true\n`,
      },
      repository: 'nginx',
      expected: [
        'https://m.local:5000/v2/ hub/library/nginx (mirror, unverified, or http:)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'makes a loopback mirror a plain one',
      files: { 'etc/containers/registries.conf': mirrorOf('docker.io', 'localhost:5000') },
      repository: 'nginx',
      expected: [
        'http://localhost:5000/v2/ library/nginx (mirror)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'counts before hosts.toml',
      files: { ...files, 'etc/containerd/certs.d/r.example/hosts.toml': '[host."https://containerd.local"]' },
      repository: 'r.example/a',
      expected: dropIn,
    },
  ]);

  it('blocks a registry', async () => {
    const { endpoints } = await load({
      'etc/containers/registries.conf': '[[registry]]\nlocation = "r.example/team"\nblocked = true\n',
    });
    await assert.rejects(() => endpoints.listEndpoints(parseRepository('r.example/team/a')), {
      code: 'REGISTRY_BLOCKED',
      message: /^r\.example\/team\/a is blocked by .*registries\.conf: registry\[0\]$/,
    });
    assert.equal((await endpoints.listEndpoints(parseRepository('r.example/other/a'))).length, 1);
  });

  it('that was named and is not there is an error', async () => {
    const { endpoints } = await load({}, { env: { CONTAINERS_REGISTRIES_CONF: join(root, 'none.conf') } });
    await assert.rejects(() => endpoints.listEndpoints(parseRepository('nginx')), /none\.conf is not there/);
  });
});

describe('hosts.toml', () => {
  const folder = 'etc/containerd/certs.d';
  check([
    {
      name: 'asks its hosts in order, then the server',
      files: {
        [`${folder}/docker.io/hosts.toml`]:
          'server = "https://registry-1.docker.io"\n[host."https://b.local"]\n[host."http://a.local:5000"]\n',
      },
      repository: 'nginx',
      expected: [
        'https://b.local/v2/ library/nginx (mirror of docker.io)',
        'http://a.local:5000/v2/ library/nginx (mirror of docker.io)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'without server ends with the registry itself',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."m.local"]' },
      repository: 'r.example/a',
      expected: ['https://m.local/v2/ a (mirror of r.example)', 'https://r.example/v2/ a'],
    },
    {
      name: 'heeds capabilities',
      files: {
        [`${folder}/r.example/hosts.toml`]:
          '[host."https://a.local"]\ncapabilities=["pull"]\n[host."https://b.local"]\ncapabilities=["resolve"]\n[host."https://c.local"]\ncapabilities=["push"]\n[host."https://d.local"]\ncapabilities=["Pull","resolve"]\n',
      },
      repository: 'r.example/a',
      expected: [
        'https://a.local/v2/ a (mirror of r.example, digests)',
        'https://b.local/v2/ a (mirror of r.example, tags)',
        'https://d.local/v2/ a (mirror of r.example)',
        'https://r.example/v2/ a',
      ],
    },
    {
      name: 'puts /v2 below a path, unless the path is the root',
      files: {
        [`${folder}/r.example/hosts.toml`]:
          '[host."https://a.local/x"]\n[host."https://b.local/x/v2/"]\n[host."https://c.local/v2/x"]\noverride_path=true\n',
      },
      repository: 'r.example/a',
      expected: [
        'https://a.local/x/v2/ a (mirror of r.example)',
        'https://b.local/x/v2/ a (mirror of r.example)',
        'https://c.local/v2/x/ a (mirror of r.example)',
        'https://r.example/v2/ a',
      ],
    },
    {
      name: 'has certificates of its own, by paths from its folder or the root',
      files: {
        [`${folder}/r.example/hosts.toml`]:
          '[host."https://m.local"]\nca=["ca.pem","/etc/ssl/other.pem"]\nclient=[["me.cert","me.key"]]\n[host."https://n.local"]\nskip_verify=true\n',
        [`${folder}/r.example/ca.pem`]: certificate('own'),
        'etc/ssl/other.pem': certificate('other'),
        [`${folder}/r.example/me.cert`]: certificate('me'),
        [`${folder}/r.example/me.key`]: privateKey,
      },
      repository: 'r.example/a',
      expected: [
        'https://m.local/v2/ a (mirror of r.example, ca own, ca other, client me)',
        'https://n.local/v2/ a (mirror of r.example, unverified)',
        'https://r.example/v2/ a (client me)',
      ],
    },
    {
      name: 'is found in a folder named HOST_PORT_',
      files: { [`${folder}/r.example_5000_/hosts.toml`]: '[host."https://m.local"]' },
      repository: 'r.example:5000/a',
      expected: ['https://m.local/v2/ a (mirror of r.example:5000)', 'https://r.example:5000/v2/ a'],
    },
    {
      name: 'of _default is for every host without a folder',
      files: {
        [`${folder}/_default/hosts.toml`]: '[host."https://m.local"]',
        [`${folder}/other.example/ca.crt`]: certificate('other'),
      },
      repository: 'r.example/a',
      expected: ['https://m.local/v2/ a (mirror of r.example)', 'https://r.example/v2/ a'],
    },
    {
      name: 'of _default is not for a host with a folder',
      files: {
        [`${folder}/_default/hosts.toml`]: '[host."https://m.local"]',
        [`${folder}/r.example/ca.crt`]: certificate('own'),
      },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a (ca own)'],
    },
    {
      name: 'may name the registry as its own mirror',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."https://r.example"]' },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a'],
    },
  ]);

  const broken: readonly { name: string; text: string; message: RegExp }[] = [
    { name: 'is no TOML', text: '[host', message: /hosts\.toml is not TOML at line 1/ },
    {
      name: 'has an unknown capability',
      text: '[host."https://a.b"]\ncapabilities=["fly"]',
      message: /holds "fly"$/,
    },
    {
      name: 'has another scheme',
      text: '[host."ftp://a.b"]',
      message: /host\."ftp:\/\/a\.b" must be the URL/,
    },
    { name: 'holds a password', text: '[host."https://u:p@a.b"]', message: /holds a user name or password$/ },
    {
      name: 'names a file that is not there',
      text: '[host."https://a.b"]\nca="x.pem"',
      message: /there is no file .*x\.pem$/,
    },
    {
      name: 'has a number for a path',
      text: '[host."https://a.b"]\nca=1',
      message: /\.ca must be a list of strings$/,
    },
    { name: 'has no URL for server', text: 'server="http://"', message: /: server must be the URL/ },
  ];
  for (const { name, text, message } of broken) {
    it(`is refused where it ${name}`, async () => {
      const { endpoints } = await load({ [`${folder}/r.example/hosts.toml`]: text });
      await assert.rejects(() => endpoints.listEndpoints(parseRepository('r.example/a')), {
        code: 'REGISTRIES_UNREADABLE',
        message,
      });
    });
  }

  it('says that headers are not sent', async () => {
    const configuration = await load({
      [`${folder}/r.example/hosts.toml`]: '[host."https://a.b"]\n[host."https://a.b".header]\nx-token="t"',
    });
    await configuration.endpoints.listEndpoints(parseRepository('r.example/a'));
    assert.match(configuration.problems()[0]?.message ?? '', /host\."https:\/\/a\.b"\.header is not used$/);
  });
});

describe('registries.yaml', () => {
  const yaml = `
mirrors:
  docker.io:
    endpoint: ["https://m.local:5000", "http://n.local/custom/v2"]
    rewrite:
      "^library/(.*)": "hub/$1"
  "*":
    endpoint: [https://any.local]
configs:
  "m.local:5000":
    auth: { username: me, password: secret }
    tls: { ca_file: /etc/ca.pem, insecure_skip_verify: true }
  r.example:
    auth: { identity_token: it }
`;
  const files = { 'registries.yaml': yaml, 'etc/ca.pem': certificate('own') };
  check([
    {
      name: 'asks mirrors by the rewritten path, then the registry by its own',
      files,
      registriesFile: 'registries.yaml',
      repository: 'nginx',
      expected: [
        'https://m.local:5000/v2/ hub/nginx (mirror of docker.io, unverified, ca own)',
        'http://n.local/custom/v2/ hub/nginx (mirror of docker.io)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'keeps a path that no rewrite matches',
      files,
      registriesFile: 'registries.yaml',
      repository: 'bitnami/nginx',
      expected: [
        'https://m.local:5000/v2/ bitnami/nginx (mirror of docker.io, unverified, ca own)',
        'http://n.local/custom/v2/ bitnami/nginx (mirror of docker.io)',
        'https://registry-1.docker.io/v2/ bitnami/nginx',
      ],
    },
    {
      name: 'has mirrors for every other host under *',
      files,
      registriesFile: 'registries.yaml',
      repository: 'ghcr.io/a',
      expected: ['https://any.local/v2/ a (mirror of ghcr.io)', 'https://ghcr.io/v2/ a'],
    },
    {
      name: 'counts before registries.conf',
      files: {
        ...files,
        'etc/containers/registries.conf': '[[registry]]\nlocation="docker.io"\nblocked=true',
      },
      registriesFile: 'registries.yaml',
      repository: 'ghcr.io/a',
      expected: ['https://any.local/v2/ a (mirror of ghcr.io)', 'https://ghcr.io/v2/ a'],
    },
  ]);

  it('holds logins for exactly their hosts', async () => {
    const { keychain } = await load(files, { registriesFile: join(root, 'registries.yaml') });
    const found = [];
    for (const name of ['m.local:5000/a', 'm.local/a', 'r.example/a', 'ghcr.io/a']) {
      found.push(await keychain.findCredential(parseRepository(name)));
    }
    assert.deepEqual(found, [
      { kind: 'basic', username: 'me', password: 'secret' },
      undefined,
      { kind: 'identity-token', token: 'it' },
      undefined,
    ]);
  });

  const broken: readonly { name: string; text: string; message: RegExp }[] = [
    { name: 'is no YAML', text: 'mirrors: [', message: /registries\.yaml is not YAML at line 1$/ },
    { name: 'is a list', text: '- a', message: /registries\.yaml must be a table$/ },
    {
      name: 'has an expression that is none',
      text: 'mirrors: {docker.io: {endpoint: [a.b], rewrite: {"(": x}}}',
      message: /rewrite\["\("\] is no regular expression$/,
    },
    {
      name: 'rewrites to what is no path',
      text: 'mirrors: {docker.io: {endpoint: [a.b], rewrite: {"^.*$": "../UP"}}}',
      message: /makes "\.\.\/UP" of library\/nginx, which is no repository$/,
    },
    {
      name: 'has a key without certificate',
      text: 'configs: {docker.io: {tls: {key_file: /k}}}',
      message: /tls needs both cert_file and key_file$/,
    },
    {
      name: 'repeats itself by aliases without end',
      text: `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`).join('\n')}`,
      message: /has aliases that repeat too much$/,
    },
  ];
  for (const { name, text, message } of broken) {
    it(`is refused where it ${name}`, async () => {
      const { endpoints } = await load(
        { 'registries.yaml': text },
        { registriesFile: join(root, 'registries.yaml') },
      );
      await assert.rejects(() => endpoints.listEndpoints(parseRepository('nginx')), {
        code: 'REGISTRIES_UNREADABLE',
        message,
      });
    });
  }
});

describe('the credential of an endpoint', () => {
  it('is that of the mirror, never that of the registry it stands for', async () => {
    const auth = Buffer.from('me:secret').toString('base64');
    const { keychain, endpoints } = await load({
      'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth } } }),
      'etc/containers/registries.conf':
        '[[registry]]\nlocation="r.example"\n[[registry.mirror]]\nlocation="m.local"\n',
    });
    const found: Record<string, boolean> = {};
    for (const { repository } of await endpoints.listEndpoints(parseRepository('r.example/a'))) {
      found[repositoryName(repository)] = (await keychain.findCredential(repository)) !== undefined;
    }
    assert.deepEqual(found, { 'm.local/a': false, 'r.example/a': true });
  });
});
