import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { fixedClock } from '../../clock.ts';
import { HoldfastError } from '../../errors.ts';
import { parseRepository } from '../../reference/repository.ts';
import { RegistryConfigurationError } from './errors.ts';
import {
  loadRegistryConfiguration,
  type RegistryConfiguration,
  type RegistryConfigurationOptions,
} from './registry-configuration.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-keychain-'));
});
after(() => rm(root, { recursive: true, force: true }));

/** Writes files below the machine's root, where `home/` is the user's home and `bin/` is on PATH. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    if (path.startsWith('bin/')) await chmod(join(root, path), 0o755);
  }
}

function load(options: Partial<RegistryConfigurationOptions> = {}): RegistryConfiguration {
  return loadRegistryConfiguration({
    homeDirectory: join(root, 'home'),
    systemRoot: root,
    userId: 1000,
    clock: fixedClock(0),
    ...options,
    env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ...options.env },
  });
}

/** The user that is found for a repository, which in these tests is the name of the source. */
async function userFor(
  repository: string,
  options: Partial<RegistryConfigurationOptions> = {},
): Promise<string> {
  const credential = await load(options).keychain.findCredential(parseRepository(repository));
  return credential?.kind === 'basic' ? credential.username : (credential?.kind ?? 'anonymous');
}

function loginsOf(user: string, ...hosts: readonly string[]): string {
  const auth = Buffer.from(`${user}:secret`).toString('base64');
  return JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth }])) });
}

const helperOf = (user: string): string => `#!/bin/sh\necho '{"Username":"${user}","Secret":"s"}'\n`;
const needsShell = { skip: process.platform === 'win32' ? 'helpers here are shell scripts' : false };

beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  await mkdir(root);
});

describe('the order of credentials', needsShell, () => {
  it('goes from what the user named to what lies around', async () => {
    await write({
      'named.json': loginsOf('REGISTRY_AUTH_FILE', 'ghcr.io'),
      'docker/config.json': loginsOf('DOCKER_CONFIG', 'ghcr.io'),
      'runtime/containers/auth.json': loginsOf('XDG_RUNTIME_DIR', 'ghcr.io'),
      'run/containers/1000/auth.json': loginsOf('/run', 'ghcr.io'),
      'config/containers/auth.json': loginsOf('XDG_CONFIG_HOME', 'ghcr.io'),
      'home/.config/containers/auth.json': loginsOf('~/.config', 'ghcr.io'),
      'home/.docker/config.json': loginsOf('~/.docker', 'ghcr.io'),
    });
    const env: Record<string, string> = {
      REGISTRY_AUTH_FILE: join(root, 'named.json'),
      DOCKER_CONFIG: join(root, 'docker'),
      XDG_RUNTIME_DIR: join(root, 'runtime'),
      XDG_CONFIG_HOME: join(root, 'config'),
      GITHUB_TOKEN: 'token',
      GITHUB_ACTOR: 'GITHUB_TOKEN',
    };
    const found: string[] = [];
    for (const name of [...Object.keys(env), 'none']) {
      found.push(await userFor('ghcr.io/a/b', { env }));
      delete env[name];
    }
    assert.deepEqual(found, [
      'REGISTRY_AUTH_FILE',
      'DOCKER_CONFIG',
      'XDG_RUNTIME_DIR',
      '/run',
      '/run',
      '/run',
      '/run',
    ]);
    await rm(join(root, 'run'), { recursive: true });
    assert.equal(await userFor('ghcr.io/a/b'), '~/.config');
    await rm(join(root, 'home/.config'), { recursive: true });
    assert.equal(await userFor('ghcr.io/a/b'), '~/.docker');
  });

  it('looks at nothing but --authfile where it is given', async () => {
    await write({
      'only.json': loginsOf('only', 'quay.io'),
      'home/.docker/config.json': loginsOf('docker', 'ghcr.io'),
    });
    const options = { authFile: join(root, 'only.json'), env: { GITHUB_TOKEN: 'token' } };
    assert.equal(await userFor('ghcr.io/a', options), 'anonymous');
    assert.equal(await userFor('quay.io/a', options), 'only');
  });

  it('goes on to the next file where one does not know the host', async () => {
    await write({
      'home/.config/containers/auth.json': loginsOf('containers', 'quay.io'),
      'home/.docker/config.json': loginsOf('docker', 'ghcr.io'),
    });
    assert.equal(await userFor('ghcr.io/a'), 'docker');
  });

  it('puts pull secrets before every file', async () => {
    await write({ 'home/.docker/config.json': loginsOf('docker', 'ghcr.io') });
    const pullSecrets = [
      { name: 'a/b', type: 'kubernetes.io/dockerconfigjson' as const, data: loginsOf('secret', 'ghcr.io') },
    ];
    assert.equal(await userFor('ghcr.io/a', { pullSecrets }), 'secret');
  });

  it('tries the next credential where one was refused', async () => {
    await write({ 'home/.docker/config.json': loginsOf('docker', 'r.example') });
    const pullSecrets = [
      {
        name: 'a/wide',
        type: 'kubernetes.io/dockerconfigjson' as const,
        data: loginsOf('wide', 'r.example'),
      },
      {
        name: 'a/team',
        type: 'kubernetes.io/dockerconfigjson' as const,
        data: loginsOf('team', 'r.example/team'),
      },
    ];
    const { keychain } = load({ pullSecrets });
    const repository = parseRepository('r.example/team/app');
    const users: string[] = [];
    const refused = [];
    for (;;) {
      const credential = await keychain.findCredential(repository, { refused });
      if (credential?.kind !== 'basic') break;
      users.push(credential.username);
      refused.push(credential);
    }
    assert.deepEqual(users, ['team', 'wide', 'docker']);
  });

  it('finds a login written after the first was refused', async () => {
    await write({ 'home/.docker/config.json': loginsOf('old', 'r.example') });
    const { keychain } = load();
    const repository = parseRepository('r.example/a');
    const old = await keychain.findCredential(repository);
    assert.ok(old !== undefined);
    await write({ 'home/.docker/config.json': loginsOf('new', 'r.example') });
    const renewed = await keychain.findCredential(repository, { refused: [old] });
    assert.equal(renewed?.kind === 'basic' && renewed.username, 'new');
  });

  it('asks the helper of a host before its entry, and the store for every other', async () => {
    const logins = JSON.parse(loginsOf('entry', 'a.example', 'b.example', 'c.example/team'));
    await write({
      'home/.docker/config.json': JSON.stringify({
        ...logins,
        credsStore: 'store',
        credHelpers: { 'a.example': 'own' },
      }),
      'bin/docker-credential-own': helperOf('own'),
      'bin/docker-credential-store': helperOf('store'),
    });
    assert.equal(await userFor('a.example/x'), 'own');
    assert.equal(await userFor('b.example/x'), 'store');
    assert.equal(await userFor('c.example/team/x'), 'entry');
  });

  it('takes the entry where the store knows nothing', async () => {
    await write({
      'home/.docker/config.json': JSON.stringify({
        ...JSON.parse(loginsOf('entry', 'a.example')),
        credsStore: 'store',
      }),
      'bin/docker-credential-store': '#!/bin/sh\necho credentials not found in native keychain; exit 1\n',
    });
    assert.equal(await userFor('a.example/x'), 'entry');
    assert.equal(await userFor('b.example/x'), 'anonymous');
  });

  it('reports a store that is not installed, and goes on without it', async () => {
    await write({ 'home/.docker/config.json': JSON.stringify({ credsStore: 'desktop' }) });
    const configuration = load();
    assert.equal(await configuration.keychain.findCredential(parseRepository('nginx')), undefined);
    assert.match(
      configuration.problems()[0]?.message ?? '',
      /names docker-credential-desktop, which is not on PATH/,
    );
  });

  it('fails where the helper of a host is not installed', async () => {
    await write({ 'home/.docker/config.json': JSON.stringify({ credHelpers: { 'a.example': 'own' } }) });
    await assert.rejects(() => userFor('a.example/x'), { code: 'CREDENTIAL_HELPER_FAILED' });
    assert.equal(await userFor('b.example/x'), 'anonymous');
  });
});

describe('tokens and helpers of the clouds', needsShell, () => {
  it('sends GITHUB_TOKEN to ghcr.io and to no host that looks like it', async () => {
    const options = { env: { GITHUB_TOKEN: 'token\n' } };
    const credential = await load(options).keychain.findCredential(parseRepository('ghcr.io/a/b'));
    assert.deepEqual(credential, { kind: 'basic', username: 'x-access-token', password: 'token' });
    for (const host of ['ghcr.io.evil.test', 'evil-ghcr.io', 'ghcr.io:5000', 'a.ghcr.io', 'quay.io']) {
      assert.equal(await userFor(`${host}/a/b`, options), 'anonymous', host);
    }
  });

  const hosts: readonly { host: string; helper: string }[] = [
    { host: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', helper: 'ecr-login' },
    { host: '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', helper: 'ecr-login' },
    { host: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', helper: 'ecr-login' },
    { host: '123456789012.dkr-ecr.us-west-2.on.aws', helper: 'ecr-login' },
    { host: 'public.ecr.aws', helper: 'ecr-login' },
    { host: 'gcr.io', helper: 'gcr' },
    { host: 'eu.gcr.io', helper: 'gcr' },
    { host: 'europe-west1-docker.pkg.dev', helper: 'gcr' },
    { host: 'team.azurecr.io', helper: 'acr-env' },
    { host: 'team.azurecr.cn', helper: 'acr-env' },
    { host: '123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test', helper: 'anonymous' },
    { host: '12345.dkr.ecr.eu-west-1.amazonaws.com', helper: 'anonymous' },
    { host: 'evilgcr.io', helper: 'anonymous' },
    { host: 'gcr.io.evil.test', helper: 'anonymous' },
    { host: 'azurecr.io.evil.test', helper: 'anonymous' },
    { host: 'team.azurecr.io:5000', helper: 'anonymous' },
    { host: 'docker.io', helper: 'anonymous' },
  ];
  for (const { host, helper } of hosts) {
    it(`asks ${helper} for ${host}`, async () => {
      await write({
        'bin/docker-credential-ecr-login': helperOf('ecr-login'),
        'bin/docker-credential-gcr': helperOf('gcr'),
        'bin/docker-credential-acr-env': helperOf('acr-env'),
      });
      assert.equal(await userFor(`${host}/a/b`), helper);
    });
  }

  it('asks gcloud where gcr is not installed', async () => {
    await write({ 'bin/docker-credential-gcloud': helperOf('gcloud') });
    assert.equal(await userFor('gcr.io/a/b'), 'gcloud');
  });

  it('goes on anonymously where a helper that nobody configured fails', async () => {
    await write({ 'bin/docker-credential-gcloud': '#!/bin/sh\nexit 1\n' });
    const configuration = load();
    assert.equal(
      await configuration.keychain.findCredential(parseRepository('gcr.io/distroless/static')),
      undefined,
    );
    assert.match(
      configuration.problems()[0]?.message ?? '',
      /docker-credential-gcloud ended with exit status 1/,
    );
  });

  it('prefers an entry of a file', async () => {
    await write({
      'home/.docker/config.json': loginsOf('entry', 'gcr.io'),
      'bin/docker-credential-gcr': helperOf('gcr'),
    });
    assert.equal(await userFor('gcr.io/a/b'), 'entry');
  });
});

describe('a file of credentials on disk', () => {
  const failures: readonly { name: string; prepare: (path: string) => Promise<unknown>; message: RegExp }[] =
    [
      { name: 'not there', prepare: () => Promise.resolve(), message: /^there is no file / },
      { name: 'a folder', prepare: (path) => mkdir(path), message: / is not a file$/ },
      { name: 'a device', prepare: (path) => symlink('/dev/zero', path), message: / is not a file$/ },
      { name: 'a link to itself', prepare: (path) => symlink(path, path), message: /ELOOP$/ },
      {
        name: 'huge',
        prepare: (path) => writeFile(path, Buffer.alloc(3 * 1024 * 1024, ' ')),
        message: / is larger than 1048576 bytes$/,
      },
      {
        name: 'not UTF-8',
        prepare: (path) => writeFile(path, Buffer.from([0x7b, 0xff])),
        message: / is not UTF-8$/,
      },
      { name: 'cut', prepare: (path) => writeFile(path, '{"auths":{"ghcr.io":'), message: / is not JSON/ },
    ];
  for (const { name, prepare, message } of failures) {
    it(`that is ${name} is an error that names it`, { skip: process.platform === 'win32' }, async () => {
      const path = join(root, 'auth.json');
      await prepare(path);
      await assert.rejects(
        () => userFor('ghcr.io/a', { authFile: path }),
        (error) =>
          error instanceof RegistryConfigurationError &&
          error.code === 'CREDENTIALS_UNREADABLE' &&
          message.test(error.message) &&
          error.message.includes(path),
      );
    });
  }

  it('may be a link, as mounted Secrets are', async () => {
    await write({ '..data/config.json': loginsOf('linked', 'ghcr.io') });
    await symlink(join(root, '..data/config.json'), join(root, 'config.json'));
    assert.equal(await userFor('ghcr.io/a', { env: { DOCKER_CONFIG: root } }), 'linked');
  });

  it('may begin with a byte order mark', async () => {
    await write({ 'auth.json': `\uFEFF${loginsOf('marked', 'ghcr.io')}` });
    assert.equal(await userFor('ghcr.io/a', { authFile: join(root, 'auth.json') }), 'marked');
  });

  it('that REGISTRY_AUTH_FILE names and that is not there is reported, not an error', async () => {
    const configuration = load({ env: { REGISTRY_AUTH_FILE: join(root, 'none.json') } });
    assert.equal(await configuration.keychain.findCredential(parseRepository('nginx')), undefined);
    assert.match(configuration.problems()[0]?.message ?? '', /none\.json, which REGISTRY_AUTH_FILE names$/);
  });

  it('that is broken does not matter to who finds a credential before it', async () => {
    await write({
      'home/.config/containers/auth.json': loginsOf('first', 'ghcr.io'),
      'home/.docker/config.json': '{"auths"',
    });
    assert.equal(await userFor('ghcr.io/a'), 'first');
    await assert.rejects(() => userFor('quay.io/a'), /config\.json is not JSON/);
  });
});

describe('an error', () => {
  /** Every way that we know to break a file with a secret in it. */
  const breakages: readonly ((secret: string) => Record<string, string>)[] = [
    (secret) => ({ 'home/.docker/config.json': `{"auths":{"r.example":{"auth":"${secret}` }),
    (secret) => ({ 'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': secret } }) }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth: [secret] } } }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth: `*${secret}` } } }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({
        auths: { 'r.example': { auth: Buffer.from(secret).toString('base64') } },
      }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({
        auths: { 'r.example': { registrytoken: `${secret}\n` } },
      }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { [`u:${secret}@r.example`]: 1 } }),
    }),
    (secret) => ({ 'home/.docker/config.json': JSON.stringify({ credsStore: `/${secret}` }) }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { 'r.example': 'x' } }),
      'bin/docker-credential-x': `#!/bin/sh\necho '{"Username":"u","Secret":"${secret}"'\n`,
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { 'r.example': 'x' } }),
      'bin/docker-credential-x': `#!/bin/sh\necho '${secret}'; echo '${secret}' >&2; exit 1\n`,
    }),
    (secret) => ({ 'etc/containers/registries.conf': `[[registry]]\nlocation = "${secret}\n` }),
    (secret) => ({
      'etc/containers/registries.conf': `[[registry]]\nlocation = "https://u:${secret}@r.example"\n`,
    }),
    (secret) => ({
      'etc/containers/registries.conf': `[[registry]]\nprefix = "r.example"\nlocation = "u:${secret}@m.example"\n`,
    }),
    (secret) => ({
      'etc/containerd/certs.d/r.example/hosts.toml': `[host."https://u:${secret}@m.example"]\n`,
    }),
    (secret) => ({
      'etc/containerd/certs.d/r.example/hosts.toml': `server = "https://m.example"\n[header]\nauthorization = "${secret}\n`,
    }),
    (secret) => ({ 'registries.yaml': `configs:\n  r.example:\n    auth: {password: "${secret}\n` }),
    (secret) => ({ 'registries.yaml': `configs:\n  r.example:\n    auth: {password: [${secret}]}\n` }),
    (secret) => ({ 'registries.yaml': `mirrors:\n  r.example:\n    endpoint: ["https://u:${secret}@r"]\n` }),
    (secret) => ({ 'etc/containers/certs.d/r.example/c.crt': `-----BEGIN\n${secret}` }),
    (secret) => ({
      'etc/containers/certs.d/r.example/c.cert': '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
      'etc/containers/certs.d/r.example/c.key': `-----BEGIN RSA\n${secret}`,
    }),
  ];

  it('never shows a secret, whatever is broken', needsShell, async () => {
    const secretText = fc.stringMatching(/^[A-Za-z0-9+_-]{12,40}$/);
    const repository = parseRepository('r.example/a');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...breakages.keys()), secretText, async (index, secret) => {
        await rm(root, { recursive: true, force: true });
        const files = breakages[index]?.(secret) ?? {};
        await write(files);
        const options = 'registries.yaml' in files ? { registriesFile: join(root, 'registries.yaml') } : {};
        const configuration = load(options);
        const outcomes = await Promise.allSettled([
          configuration.keychain.findCredential(repository),
          configuration.endpoints.listEndpoints(repository),
        ]);
        const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
        assert.ok(errors.length > 0, `breakage ${index} breaks nothing`);
        for (const error of errors) {
          assert.ok(error instanceof HoldfastError, `breakage ${index}: ${String(error)}`);
          assert.ok(!describeWhole(error).includes(secret), `breakage ${index} shows its secret`);
        }
        assert.ok(!JSON.stringify(configuration.problems()).includes(secret));
      }),
      { numRuns: 100 },
    );
  });

  /** Everything that a front door or a debugger could print of an error. */
  function describeWhole(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    const hint = error instanceof HoldfastError ? error.hint : '';
    return `${error.message} ${hint} ${error.stack} ${describeWhole(error.cause)} ${JSON.stringify(Object.entries(error))}`;
  }
});
