/**
 * Our registry under outsiders: skopeo and crane copy to and from it, list, read digests and delete, and find
 * what Debian's docker-registry gives them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parsePlatform } from '../../src/oci/platform.ts';
import type { AuthOptions } from '../../src/registry-server/auth.ts';
import type { ImageContent, PushedImage } from '../../src/registry-server/images.ts';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { makeAuthority } from '../certificates.ts';
import { type DebianRegistry, debianRegistryTool, startDebianRegistry } from '../debian-registry.ts';
import { buildGoTool, craneTool, findTool, runTool, type Tool } from '../tools.ts';

const skopeo = findTool('skopeo');
const crane = await buildGoTool(craneTool);
const debian = debianRegistryTool();

const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'].map(parsePlatform);
const images: { name: string; content: ImageContent }[] = [
  { name: 'an image', content: { files: { 'bin/app': 'content' } } },
  { name: 'a Docker image', content: { format: 'docker' } },
  { name: 'an image for three platforms', content: { platforms } },
  { name: 'a Docker manifest list', content: { platforms, format: 'docker' } },
  { name: 'an image of 20 megabytes', content: { layerBytes: 20_000_000 } },
];

/** The output of a tool that must succeed. */
async function run(tool: Tool, ...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await runTool(tool, words);
  assert.equal(status, 0, `${tool.name} ${words.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const plainHttp = ['--src-tls-verify=false', '--dest-tls-verify=false'];

describe('skopeo with our registry', () => {
  let server: RegistryServer;
  let folder: string;
  before(async () => {
    server = await startRegistryServer();
    folder = await mkdtemp(join(tmpdir(), 'holdfast-skopeo-'));
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [at, { name, content }] of images.entries()) {
    it(`copies ${name} out, in again, and between repositories`, { skip: skopeo.missing }, async () => {
      const { digest } = server.pushImage({ repository: 'team/from', tag: `v${at}`, ...content });
      const [from, to] = [
        `docker://${server.host}/team/from:v${at}`,
        `docker://${server.host}/team/to:v${at}`,
      ];
      const archive = `oci:${join(folder, String(at))}`;
      await run(skopeo, 'copy', '--all', ...plainHttp, from, to);
      assert.equal(await digestAt(server, 'team/to', `v${at}`), digest);
      // A layout on disk holds OCI documents only, and takes no list of Docker manifests unchanged.
      if (content.format === 'docker') return;
      await run(skopeo, 'copy', '--all', ...plainHttp, from, archive);
      await run(skopeo, 'copy', '--all', ...plainHttp, archive, `docker://${server.host}/team/back:v${at}`);
      assert.equal(await digestAt(server, 'team/back', `v${at}`), digest);
    });
  }

  it('lists tags and deletes', { skip: skopeo.missing }, async () => {
    server.pushImage({ repository: 'team/listed', tag: '1.0', alsoTags: ['1.1'] });
    server.pushImage({ repository: 'team/listed', tag: '2.0' });
    const name = `docker://${server.host}/team/listed`;
    const listed = async () =>
      (JSON.parse(await run(skopeo, 'list-tags', '--tls-verify=false', name)) as { Tags: string[] }).Tags;
    assert.deepEqual(await listed(), ['1.0', '1.1', '2.0']);
    await run(skopeo, 'delete', '--tls-verify=false', `${name}:1.0`);
    assert.deepEqual(await listed(), ['2.0']);
  });

  it('leaves no upload open', () => assert.equal(server.uploads.open, 0));
});

describe('crane with our registry', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer();
  });
  after(() => server.close());

  for (const [at, { name, content }] of images.entries()) {
    it(`copies ${name} and finds it valid`, { skip: crane.missing }, async () => {
      const { digest } = server.pushImage({ repository: 'team/from', tag: `v${at}`, ...content });
      const [from, to] = [`${server.host}/team/from:v${at}`, `${server.host}/team/to:v${at}`];
      await run(crane, 'copy', from, to);
      assert.equal(await run(crane, 'digest', to), digest);
      await run(crane, 'validate', '--remote', to);
    });
  }

  it('names the digest of a platform', { skip: crane.missing }, async () => {
    const { children } = server.pushImage({ repository: 'team/platforms', tag: '1', platforms });
    const reference = `${server.host}/team/platforms:1`;
    assert.equal(await run(crane, 'digest', '--platform', 'linux/arm/v7', reference), children[2]?.digest);
  });

  it('lists a hundred thousand tags page by page', { skip: crane.missing }, async () => {
    server.seedTags('team/many', 100_000, (number) => `v${String(number).padStart(6, '0')}`);
    const listed = (await run(crane, 'ls', `${server.host}/team/many`)).split('\n');
    assert.equal(listed.length, 100_000);
    assert.deepEqual([listed[0], listed.at(-1)], ['v000000', 'v099999']);
  });

  it('deletes, tags and lists the catalog', { skip: crane.missing }, async () => {
    const { digest } = server.pushImage({ repository: 'team/tagged', tag: '1' });
    await run(crane, 'tag', `${server.host}/team/tagged:1`, '2');
    assert.equal(await run(crane, 'ls', `${server.host}/team/tagged`), '1\n2');
    await run(crane, 'delete', `${server.host}/team/tagged@${digest}`);
    assert.equal(await run(crane, 'ls', `${server.host}/team/tagged`), '');
    assert.ok((await run(crane, 'catalog', server.host)).split('\n').includes('team/tagged'));
  });
});

describe('outsiders who log in', () => {
  const users = [{ username: 'ann', password: 'secret' }];
  const kinds: AuthOptions[] = [
    { kind: 'basic', users },
    { kind: 'bearer', users },
    { kind: 'bearer', users, anonymousPull: ['*'], tokenKey: 'access_token' },
  ];
  for (const auth of kinds) {
    const name = `${auth.kind}${'anonymousPull' in auth ? ' with anonymous pull' : ''}`;
    it(`push and pull by ${name}`, { skip: skopeo.missing || crane.missing }, async () => {
      const authority = await makeAuthority();
      const server = await startRegistryServer({ auth, tls: await authority.serverTls() });
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-login-'));
      try {
        const { digest } = server.pushImage({ repository: 'team/app', tag: '1', platforms });
        const authfile = join(folder, 'config.json');
        const login = Buffer.from('ann:secret').toString('base64');
        const config = { auths: { [server.host]: { auth: login } } };
        await writeFile(authfile, JSON.stringify(config));
        await writeFile(join(folder, 'ca.crt'), authority.ca);
        const env = { ...process.env, DOCKER_CONFIG: folder, SSL_CERT_FILE: join(folder, 'ca.crt') };
        const certificates = ['--src-cert-dir', folder, '--dest-cert-dir', folder];
        const [from, to] = [`docker://${server.host}/team/app:1`, `docker://${server.host}/team/skopeo:1`];
        const skopeoWords = ['copy', '--all', '--authfile', authfile, ...certificates, from, to];
        const bySkopeo = await runTool(skopeo, skopeoWords, { env });
        assert.equal(bySkopeo.status, 0, bySkopeo.stderr);
        const craneWords = ['copy', `${server.host}/team/app:1`, `${server.host}/team/crane:1`];
        const byCrane = await runTool(crane, craneWords, { env });
        assert.equal(byCrane.status, 0, byCrane.stderr);
        const asked = await runTool(crane, ['digest', `${server.host}/team/skopeo:1`], { env });
        assert.equal(asked.stdout.trim(), digest);
      } finally {
        await server.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});

describe("our registry beside Debian's", () => {
  const skip = debian.missing || crane.missing;
  let server: RegistryServer;
  let other: DebianRegistry;
  let image: PushedImage;
  before(async () => {
    server = await startRegistryServer();
    image = server.pushImage({ repository: 'team/app', tag: '1', platforms });
    if (skip !== false) return;
    other = await startDebianRegistry();
    await run(crane, 'copy', `${server.host}/team/app:1`, `${other.host}/team/app:1`);
  });
  after(async () => {
    await server.close();
    if (skip === false) await other.close();
  });

  it('takes back from it what was copied there', { skip }, async () => {
    await run(crane, 'copy', `${other.host}/team/app:1`, `${server.host}/team/back:1`);
    assert.equal(await digestAt(server, 'team/back', '1'), image.digest);
  });

  const absent = `sha256:${'0'.repeat(64)}`;
  // Left out because we follow the spec where it does not: an unknown upload is BLOB_UPLOAD_UNKNOWN (there
  // BLOB_UPLOAD_INVALID), a name that is none is NAME_INVALID (there the router's own 404).
  const requests = [
    { name: 'a ping', path: '' },
    { name: 'a manifest', path: 'team/app/manifests/1' },
    { name: 'the head of a manifest', path: 'team/app/manifests/1', method: 'HEAD' },
    { name: 'a tag that is absent', path: 'team/app/manifests/2' },
    { name: 'a repository that is absent', path: 'team/none/tags/list' },
    { name: 'a list of tags', path: 'team/app/tags/list' },
    { name: 'a blob that is absent', path: `team/app/blobs/${absent}` },
    { name: 'a digest that is none', path: 'team/app/blobs/sha256:0' },
    {
      name: 'a mount of what is absent',
      path: `team/new/blobs/uploads/?mount=${absent}&from=team/app`,
      method: 'POST',
    },
    { name: 'garbage for a manifest', path: 'team/app/manifests/3', method: 'PUT', body: 'garbage' },
    { name: 'a deletion of what is absent', path: `team/app/manifests/${absent}`, method: 'DELETE' },
  ];
  for (const { name, path, method = 'GET', body } of requests) {
    it(`answers as it does to ${name}`, { skip }, async () => {
      const answerOf = async (registry: { url: string }) => {
        const init = {
          method,
          headers: { accept: image.mediaType },
          ...(body === undefined ? {} : { body }),
        };
        const response = await fetch(`${registry.url}/v2/${path}`, init);
        const text = await response.text();
        const isError = response.status >= 400 && text.startsWith('{');
        const { errors } = (isError ? JSON.parse(text) : {}) as { errors?: { code: string }[] };
        const names = ['docker-content-digest', 'content-length', 'docker-distribution-api-version', 'range'];
        const headers = Object.fromEntries(names.map((one) => [one, response.headers.get(one)]));
        if (isError) delete headers['content-length'];
        return { status: response.status, code: errors?.[0]?.code, headers };
      };
      assert.deepEqual(await answerOf(server), await answerOf(other));
    });
  }
});

async function digestAt(server: RegistryServer, repository: string, tag: string): Promise<string | null> {
  const response = await fetch(`${server.url}/v2/${repository}/manifests/${tag}`, { method: 'HEAD' });
  return response.headers.get('docker-content-digest');
}
