/**
 * The files of containers as skopeo takes them, and Docker's as crane does: with each registries.conf,
 * auth.json, certs.d and config.json the client reads from the registry that they read from, and is let in
 * where they are.
 */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { effectiveTag, parseReference } from '../../src/reference/reference.ts';
import { openRegistry } from '../../src/registry/open-registry.ts';
import type { ServerTls } from '../../src/registry-server/listener.ts';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { makeAuthority, type TestAuthority } from '../certificates.ts';
import { buildGoTool, craneTool, findTool, runTool } from '../tools.ts';

const skopeo = findTool('skopeo');
const crane = await buildGoTool(craneTool);

let home = '';
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-skopeo-home-'));
});
after(() => rm(home, { recursive: true, force: true }));
beforeEach(async () => {
  await rm(home, { recursive: true, force: true });
  await mkdir(home);
});

function environment(): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    REGISTRY_AUTH_FILE: join(home, 'auth.json'),
    CONTAINERS_REGISTRIES_CONF: join(home, 'registries.conf'),
  };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}

/** The digest that skopeo finds, or undefined where it finds none. */
async function askSkopeo(reference: string): Promise<string | undefined> {
  const configuration = ['--registries-conf', join(home, 'registries.conf')];
  const words = [
    ...configuration,
    'inspect',
    '--no-tags',
    '--format',
    '{{.Digest}}',
    `docker://${reference}`,
  ];
  const { status, stdout } = await runTool(skopeo, words, { env: environment() });
  return status === 0 ? stdout.trim() : undefined;
}

/** The digest that our client finds, or undefined where it finds none or may not look. */
async function askHoldfast(text: string, env = environment()): Promise<string | undefined> {
  const reference = parseReference(text);
  const target = reference.digest ?? effectiveTag(reference);
  assert.ok(target !== undefined);
  const registry = openRegistry({
    env,
    homeDirectory: home,
    systemRoot: join(home, 'system'),
    clock: systemClock,
    random: Math.random,
  });
  try {
    return (await registry.getManifest(reference.repository, target))?.digest;
  } catch {
    return undefined;
  } finally {
    await registry.close();
  }
}

async function checkBothFind(reference: string, expected: string | undefined): Promise<void> {
  assert.deepEqual(
    { skopeo: await askSkopeo(reference), holdfast: await askHoldfast(reference) },
    { skopeo: expected, holdfast: expected },
  );
}

describe('registries.conf', { skip: skopeo.missing }, () => {
  let mirror: RegistryServer;
  let upstream: RegistryServer;
  /** Where a digest lies: `mirror` and `upstream` hold different images under one name. */
  const digests = { mirror: '', upstream: '', both: '' };
  before(async () => {
    [mirror, upstream] = await Promise.all([startRegistryServer(), startRegistryServer()]);
    const push = (server: RegistryServer, repository: string, tag: string, seed: string): string =>
      server.pushImage({ repository, tag, seed }).digest;
    for (const repository of ['team/app', 'hub/team/app', 'library/nginx', 'hub/library/nginx']) {
      digests.mirror = push(mirror, repository, 'v1', 'mirror');
      digests.upstream = push(upstream, repository, 'v1', 'upstream');
      digests.both = push(mirror, repository, 'same', 'both');
      push(upstream, repository, 'same', 'both');
      push(upstream, repository, 'new', 'upstream');
    }
  });
  after(() => Promise.all([mirror.close(), upstream.close()]));

  /** `UPSTREAM` and `MIRROR` stand for the two hosts. */
  const cases: readonly {
    name: string;
    conf: string;
    reference: string;
    expected: 'mirror' | 'upstream' | undefined;
  }[] = [
    {
      name: 'sends a host to another',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'upstream',
    },
    {
      name: 'asks the mirror first',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true\n[[registry.mirror]]\nlocation="MIRROR"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'mirror',
    },
    {
      name: 'goes on where the mirror does not have the tag',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true\n[[registry.mirror]]\nlocation="MIRROR"\ninsecure=true',
      reference: 'r.test/team/app:new',
      expected: 'upstream',
    },
    {
      name: 'goes on where nothing listens at the mirror',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true\n[[registry.mirror]]\nlocation="127.0.0.1:1"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'upstream',
    },
    {
      name: 'asks a mirror by digest only',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="MIRROR"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'upstream',
    },
    {
      name: 'puts a path before the repository',
      conf: '[[registry]]\nprefix="r.test"\nlocation="MIRROR/hub"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'mirror',
    },
    {
      name: 'sends Docker Hub with library/ before official images',
      conf: '[[registry]]\nlocation="docker.io"\n[[registry.mirror]]\nlocation="MIRROR/hub"\ninsecure=true',
      reference: 'nginx:v1',
      expected: 'mirror',
    },
    {
      name: 'takes the longest prefix',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true\n[[registry]]\nprefix="r.test/team"\nlocation="MIRROR/team"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'mirror',
    },
    {
      name: 'matches whole components',
      conf: '[[registry]]\nprefix="r.test"\nlocation="UPSTREAM"\ninsecure=true\n[[registry]]\nprefix="r.test/te"\nlocation="MIRROR/te"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: 'upstream',
    },
    {
      name: 'matches subdomains by a wildcard',
      conf: '[[registry]]\nprefix="*.r.test"\nlocation="MIRROR"\ninsecure=true',
      reference: 'a.b.r.test/team/app:v1',
      expected: 'mirror',
    },
    {
      name: 'prefers a path to a wildcard',
      conf: '[[registry]]\nprefix="*.r.test"\nlocation="MIRROR"\ninsecure=true\n[[registry]]\nprefix="a.r.test/team"\nlocation="UPSTREAM/team"\ninsecure=true',
      reference: 'a.r.test/team/app:v1',
      expected: 'upstream',
    },
    {
      name: 'blocks a host',
      conf: '[[registry]]\nlocation="UPSTREAM"\ninsecure=true\nblocked=true',
      reference: 'UPSTREAM/team/app:v1',
      expected: undefined,
    },
    {
      name: 'blocks one path of a host',
      conf: '[[registry]]\nlocation="UPSTREAM"\ninsecure=true\n[[registry]]\nlocation="UPSTREAM/team"\nblocked=true\ninsecure=true',
      reference: 'UPSTREAM/team/app:v1',
      expected: undefined,
    },
    {
      name: 'leaves the other paths of that host open',
      conf: '[[registry]]\nlocation="UPSTREAM"\ninsecure=true\n[[registry]]\nlocation="UPSTREAM/team"\nblocked=true\ninsecure=true',
      reference: 'UPSTREAM/library/nginx:v1',
      expected: 'upstream',
    },
    {
      name: 'with a scheme in it is understood by neither',
      conf: '[[registry]]\nprefix="r.test"\nlocation="https://UPSTREAM"\ninsecure=true',
      reference: 'r.test/team/app:v1',
      expected: undefined,
    },
  ];
  for (const { name, conf, reference, expected } of cases) {
    it(`${name}, for skopeo and for us`, async () => {
      const fillIn = (text: string): string =>
        text.replaceAll('UPSTREAM', upstream.host).replaceAll('MIRROR', mirror.host);
      await write('registries.conf', fillIn(conf));
      await checkBothFind(fillIn(reference), expected === undefined ? undefined : digests[expected]);
    });
  }

  it('asks a digest-only mirror for a digest, for skopeo and for us', async () => {
    await write(
      'registries.conf',
      `[[registry]]\nprefix="r.test"\nlocation="${upstream.host}"\ninsecure=true\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="${mirror.host}"\ninsecure=true`,
    );
    const askedBefore = mirror.requests.count({ path: digests.both });
    await checkBothFind(`r.test/team/app@${digests.both}`, digests.both);
    assert.equal(mirror.requests.count({ path: digests.both }) - askedBefore >= 2, true);
    assert.equal(upstream.requests.count({ path: digests.both }), 0);
  });
});

describe('an auth.json that skopeo wrote', { skip: skopeo.missing }, () => {
  let server: RegistryServer;
  let digest = '';
  before(async () => {
    server = await startRegistryServer({
      auth: {
        kind: 'bearer',
        users: [
          { username: 'all', password: 'secret: 1', pull: ['*'] },
          { username: 'team', password: 'secret', pull: ['team/*'] },
          { username: 'other', password: 'secret', pull: ['other/*'] },
        ],
      },
    });
    for (const repository of ['team/app', 'team/sub/app', 'other/app']) {
      digest = server.pushImage({ repository, tag: 'v1', seed: 'same' }).digest;
    }
  });
  after(() => server.close());

  async function login(key: string, username: string, password: string): Promise<void> {
    await write('registries.conf', `[[registry]]\nlocation="${server.host}"\ninsecure=true\n`);
    const words = ['login', '--tls-verify=false', '-u', username, '--password-stdin', server.host + key];
    const { status, stderr } = await runTool(skopeo, words, { env: environment(), stdin: password });
    assert.equal(status, 0, stderr);
  }

  const cases: readonly {
    name: string;
    logins: readonly (readonly [string, string, string])[];
    found: string[];
  }[] = [
    {
      name: 'lets in by a login for the host',
      logins: [['', 'all', 'secret: 1']],
      found: ['team/app', 'team/sub/app', 'other/app'],
    },
    {
      name: 'keeps a login to its path',
      logins: [['/team', 'all', 'secret: 1']],
      found: ['team/app', 'team/sub/app'],
    },
    {
      name: 'prefers the login of the longer path',
      logins: [
        ['', 'other', 'secret'],
        ['/team', 'team', 'secret'],
        ['/team/sub', 'all', 'secret: 1'],
      ],
      found: ['team/app', 'team/sub/app', 'other/app'],
    },
    { name: 'lets nobody in who has no right', logins: [['', 'other', 'secret']], found: ['other/app'] },
  ];
  for (const { name, logins, found } of cases) {
    it(`${name}, skopeo and us`, async () => {
      for (const one of logins) await login(...one);
      for (const repository of ['team/app', 'team/sub/app', 'other/app']) {
        const expected = found.includes(repository) ? digest : undefined;
        await checkBothFind(`${server.host}/${repository}:v1`, expected);
      }
    });
  }
});

describe('a config.json as crane reads it', { skip: crane.missing }, () => {
  let server: RegistryServer;
  let digest = '';
  before(async () => {
    const users = [{ username: 'me', password: 'secret: 1' }];
    server = await startRegistryServer({ auth: { kind: 'bearer', users } });
    digest = server.pushImage({ repository: 'team/app', tag: 'v1' }).digest;
  });
  after(() => server.close());

  const auth = Buffer.from('me:secret: 1').toString('base64');
  const wrong = { auth: Buffer.from('me:wrong').toString('base64') };
  const answer = '{"ServerURL":"s","Username":"me","Secret":"secret: 1"}';

  /** `HOST` stands for the registry. */
  const cases: readonly { name: string; config: object; helper?: string; isLetIn: boolean }[] = [
    { name: 'an entry for the host', config: { auths: { HOST: { auth } } }, isLetIn: true },
    { name: 'an entry for its URL', config: { auths: { 'https://HOST/v1/': { auth } } }, isLetIn: true },
    {
      name: 'user and password spelled out',
      config: { auths: { HOST: { username: 'me', password: 'secret: 1' } } },
      isLetIn: true,
    },
    { name: 'an entry with a wrong password', config: { auths: { HOST: wrong } }, isLetIn: false },
    { name: 'an entry for a longer host', config: { auths: { 'HOST.example': { auth } } }, isLetIn: false },
    {
      name: 'a helper for the host',
      config: { credHelpers: { HOST: 'test' } },
      helper: answer,
      isLetIn: true,
    },
    {
      name: 'a helper before an entry',
      config: { credHelpers: { HOST: 'test' }, auths: { HOST: wrong } },
      helper: answer,
      isLetIn: true,
    },
    { name: 'a store', config: { credsStore: 'test', auths: { HOST: {} } }, helper: answer, isLetIn: true },
    {
      name: 'a helper for another host',
      config: { credHelpers: { 'r.test': 'test' } },
      helper: answer,
      isLetIn: false,
    },
    { name: 'nothing', config: {}, isLetIn: false },
  ];
  for (const { name, config, helper, isLetIn } of cases) {
    it(`with ${name} ${isLetIn ? 'lets both in' : 'lets neither in'}`, async () => {
      await write('docker/config.json', JSON.stringify(config).replaceAll('HOST', server.host));
      await write('bin/docker-credential-test', `#!/bin/sh\necho '${helper ?? ''}'\n`);
      await chmod(join(home, 'bin/docker-credential-test'), 0o755);
      const env = {
        PATH: `${join(home, 'bin')}:${process.env['PATH']}`,
        HOME: home,
        DOCKER_CONFIG: join(home, 'docker'),
      };
      const reference = `${server.host}/team/app:v1`;
      const { status, stdout } = await runTool(crane, ['digest', '--insecure', reference], { env });
      const expected = isLetIn ? digest : undefined;
      assert.deepEqual(
        { crane: status === 0 ? stdout.trim() : undefined, holdfast: await askHoldfast(reference, env) },
        { crane: expected, holdfast: expected },
      );
    });
  }
});

describe('certs.d', { skip: skopeo.missing }, () => {
  let authority: TestAuthority;
  let server: RegistryServer;
  let digest = '';
  before(async () => {
    authority = await makeAuthority();
    const tls: ServerTls = await authority.serverTls();
    server = await startRegistryServer({ tls });
    digest = server.pushImage({ repository: 'app', tag: 'v1' }).digest;
  });
  after(() => server.close());
  beforeEach(() => write('registries.conf', ''));

  it('holds the authority that skopeo and we trust', async () => {
    await write(`.config/containers/certs.d/${server.host}/ca.crt`, authority.ca);
    await checkBothFind(`${server.host}/app:v1`, digest);
  });

  it('of another authority is trusted by neither', async () => {
    const other = await makeAuthority();
    await write(`.config/containers/certs.d/${server.host}/ca.crt`, other.ca);
    await checkBothFind(`${server.host}/app:v1`, undefined);
  });

  it('that is broken stops both', async () => {
    await write(`.config/containers/certs.d/${server.host}/me.cert`, authority.ca);
    await checkBothFind(`${server.host}/app:v1`, undefined);
  });
});
