import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mediaTypes } from '../src/oci/media-type.ts';
import { type Digest, digestOf } from '../src/reference/digest.ts';
import type { Repository } from '../src/reference/repository.ts';
import { parseTag } from '../src/reference/tag.ts';
import type { RegistryClient } from '../src/registry/registry-client.ts';
import { openTestClient, repositoryAt } from './open-test-client.ts';

/** What a registry may lack; the tests of it are skipped by name. */
export type Lacking = 'sorted-tags' | 'paging' | 'referrers-api' | 'sha512';

export type RegistryUnderTest = { readonly host: string; close(): Promise<void> };

/**
 * All of the client against one registry: pushing what is then read. The same suite runs on our own server
 * and on Debian's docker-registry, so that neither our client nor our server is right only among themselves.
 */
export function registryContract(
  name: string,
  open: () => Promise<RegistryUnderTest>,
  { lacks = [], skip = false }: { readonly lacks?: readonly Lacking[]; readonly skip?: false | string } = {},
): void {
  describe(`a registry client and ${name}`, { skip }, () => {
    let server: RegistryUnderTest;
    let client: RegistryClient;
    const at = (path: string): Repository => repositoryAt(server.host, path);
    const unless = (...parts: readonly Lacking[]): { skip: false | string } => {
      const missing = parts.filter((part) => lacks.includes(part));
      return { skip: missing.length > 0 && `${name} lacks ${missing.join(', ')}` };
    };

    before(async () => {
      server = await open();
      client = openTestClient().client;
    });
    after(async () => {
      await client.close();
      await server.close();
    });

    it('reads back a manifest by tag and by digest, byte for byte', async () => {
      const image = await pushImage(client, at('read/app'), 'one', ['1.0']);
      for (const target of [parseTag('1.0'), image.digest]) {
        const fetched = await client.getManifest(at('read/app'), target);
        assert.deepEqual(fetched?.bytes, image.bytes);
        assert.equal(fetched?.digest, image.digest);
        const head = await client.headManifest(at('read/app'), target);
        assert.deepEqual(head, {
          digest: image.digest,
          mediaType: mediaTypes.ociManifest,
          size: image.bytes.length,
        });
      }
    });

    it('reads an index and its children', async () => {
      const children = [];
      for (const architecture of ['amd64', 'arm64']) {
        const image = await pushImage(client, at('read/index'), architecture, []);
        children.push({ ...describeImage(image), platform: { os: 'linux', architecture } });
      }
      const index = encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: children });
      await client.pushManifest(at('read/index'), parseTag('1.0'), index, mediaTypes.ociIndex);
      const fetched = await client.getManifest(at('read/index'), parseTag('1.0'));
      assert.ok(fetched?.manifest.kind === 'index');
      assert.deepEqual(
        fetched.manifest.manifests.map(({ digest, platform }) => [digest, platform?.architecture]),
        children.map(({ digest, platform }) => [digest, platform.architecture]),
      );
    });

    it('says undefined of a tag, a digest, a blob and a repository that are not there', async () => {
      await pushImage(client, at('absent/app'), 'one', ['1.0']);
      const nothing = { digest: digestOf(Buffer.from('nobody has this')), size: 15 };
      assert.equal(await client.headManifest(at('absent/app'), parseTag('2.0')), undefined);
      assert.equal(await client.getManifest(at('absent/app'), nothing.digest), undefined);
      assert.equal(await client.getManifest(at('absent/nowhere'), parseTag('1.0')), undefined);
      assert.equal(await client.openBlob(at('absent/app'), nothing), undefined);
    });

    it('sees a tag move', async () => {
      const first = await pushImage(client, at('move/app'), 'first', ['1.0']);
      assert.equal((await client.headManifest(at('move/app'), parseTag('1.0')))?.digest, first.digest);
      const second = await pushImage(client, at('move/app'), 'second', ['1.0']);
      assert.notEqual(second.digest, first.digest);
      assert.equal((await client.headManifest(at('move/app'), parseTag('1.0')))?.digest, second.digest);
    });

    it('streams a blob of several chunks, verified', async () => {
      const bytes = bytesOf(3_000_000);
      await pushBytes(client, at('blob/app'), bytes);
      assert.deepEqual(await readBlob(client, at('blob/app'), bytes), bytes);
    });

    it('pushes a blob in chunks', async () => {
      const bytes = bytesOf(2_500_001);
      const blob = { digest: digestOf(bytes), size: bytes.length };
      const pushed = await client.pushBlob(at('chunks/app'), blob, () => pieces(bytes, 70_000), {
        chunkBytes: 1_000_000,
      });
      assert.equal(pushed, 'pushed');
      assert.deepEqual(await readBlob(client, at('chunks/app'), bytes), bytes);
    });

    it('does not push a blob that is there', async () => {
      const bytes = bytesOf(1000);
      assert.equal(await pushBytes(client, at('present/app'), bytes), 'pushed');
      assert.equal(await pushBytes(client, at('present/app'), bytes), 'present');
    });

    it('is refused a blob whose bytes are others', async () => {
      const blob = { digest: digestOf(Buffer.from('meant')), size: 5 };
      const push = client.pushBlob(at('wrong/app'), blob, () => pieces(Buffer.from('other'), 5));
      await assert.rejects(push, { name: 'RegistryError', code: 'DIGEST_INVALID' });
    });

    it('mounts a blob from another repository', async () => {
      const bytes = bytesOf(5000);
      const blob = { digest: digestOf(bytes), size: bytes.length };
      await pushBytes(client, at('mount/from'), bytes);
      assert.equal(await client.mountBlob(at('mount/to'), blob, at('mount/from')), true);
      assert.deepEqual(await readBlob(client, at('mount/to'), bytes), bytes);
      const nowhere = { digest: digestOf(Buffer.from('nobody has this')), size: 15 };
      assert.equal(await client.mountBlob(at('mount/to'), nowhere, at('mount/from')), false);
    });

    it('is refused a manifest whose blobs are missing', async () => {
      const bytes = encode(manifestOf('nobody pushed this'));
      await assert.rejects(
        client.pushManifest(at('missing/app'), parseTag('1.0'), bytes, mediaTypes.ociManifest),
        (error: Error & { code?: string }) => /^(MANIFEST_BLOB_UNKNOWN|BLOB_UNKNOWN)$/.test(error.code ?? ''),
      );
    });

    it('lists every tag once', async () => {
      const tags = Array.from({ length: 25 }, (_, number) => `1.${number}`);
      await pushImage(client, at('tags/app'), 'one', tags);
      assert.deepEqual((await listTags(client, at('tags/app'))).sort(), tags.toSorted());
    });

    it('lists tags in byte order', unless('sorted-tags'), async () => {
      await pushImage(client, at('tags/sorted'), 'one', ['b', 'a', 'B', '10', '9', 'a.1', 'a-1']);
      const listed = await listTags(client, at('tags/sorted'));
      assert.deepEqual(listed, ['10', '9', 'B', 'a', 'a-1', 'a.1', 'b']);
    });

    it('follows the pages of a list', unless('paging'), async () => {
      const tags = Array.from({ length: 25 }, (_, number) => `t${String(number).padStart(2, '0')}`);
      await pushImage(client, at('tags/paged'), 'one', tags);
      const pages = [];
      for await (const page of client.listTagPages(at('tags/paged'), { pageSize: 10 })) pages.push(page);
      assert.deepEqual(
        pages.map((page) => [page.readTags().length, page.hasNext]),
        [
          [10, true],
          [10, true],
          [5, false],
        ],
      );
      assert.deepEqual(
        pages.flatMap((page) => page.readTags()),
        tags,
      );
    });

    it('begins a list after a tag', unless('paging', 'sorted-tags'), async () => {
      await pushImage(client, at('tags/last'), 'one', ['a', 'b', 'c']);
      assert.deepEqual(await listTags(client, at('tags/last'), 'a'), ['b', 'c']);
    });

    it('gives the same fingerprint for the same page, and another for another', async () => {
      await pushImage(client, at('tags/print'), 'one', ['a']);
      const first = await fingerprints(client, at('tags/print'));
      assert.deepEqual(await fingerprints(client, at('tags/print')), first);
      await pushImage(client, at('tags/print'), 'one', ['b']);
      assert.notDeepEqual(await fingerprints(client, at('tags/print')), first);
    });

    it('gives no page for a repository that is not there', async () => {
      assert.deepEqual(await fingerprints(client, at('tags/nowhere')), []);
    });

    it('finds what refers to a manifest, by the API or the fallback tag', async () => {
      const subject = await pushImage(client, at('refer/app'), 'one', ['1.0']);
      assert.deepEqual(await client.listReferrers(at('refer/app'), subject.digest), []);
      const sbom = await pushReferrer(client, at('refer/app'), subject, 'application/spdx+json');
      const signature = await pushReferrer(client, at('refer/app'), subject, 'application/x.signature');
      const all = await client.listReferrers(at('refer/app'), subject.digest);
      assert.deepEqual(all.map(({ digest }) => digest).sort(), [sbom, signature].sort());
      const artifactType = 'application/spdx+json';
      const some = await client.listReferrers(at('refer/app'), subject.digest, { artifactType });
      assert.deepEqual(
        some.map((referrer) => [referrer.digest, referrer.artifactType]),
        [[sbom, artifactType]],
      );
    });

    it('leaves no fallback tag where the registry keeps referrers', unless('referrers-api'), async () => {
      const subject = await pushImage(client, at('refer/api'), 'one', ['1.0']);
      await pushReferrer(client, at('refer/api'), subject, 'application/spdx+json');
      assert.deepEqual(await listTags(client, at('refer/api')), ['1.0']);
    });

    it('stores and finds content by sha512', unless('sha512'), async () => {
      const bytes = bytesOf(2000);
      const blob = { digest: digestOf(bytes, 'sha512'), size: bytes.length };
      await client.pushBlob(at('long/app'), blob, () => pieces(bytes, 500));
      const stream = await client.openBlob(at('long/app'), blob);
      assert.deepEqual(stream && (await collect(stream)), bytes);
    });
  });
}

type PushedImage = { readonly digest: Digest; readonly bytes: Uint8Array };

async function pushImage(
  client: RegistryClient,
  repository: Repository,
  seed: string,
  tags: readonly string[],
): Promise<PushedImage> {
  const bytes = encode(manifestOf(seed));
  await pushBytes(client, repository, configOf(seed));
  const digest = digestOf(bytes);
  for (const target of [digest, ...tags.map(parseTag)]) {
    assert.equal(await client.pushManifest(repository, target, bytes, mediaTypes.ociManifest), digest);
  }
  return { digest, bytes };
}

async function pushReferrer(
  client: RegistryClient,
  repository: Repository,
  subject: PushedImage,
  artifactType: string,
): Promise<Digest> {
  const config = await pushConfig(client, repository, '{}');
  const bytes = encode({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: { ...config, mediaType: mediaTypes.ociEmpty },
    layers: [],
    subject: describeImage(subject),
  });
  return client.pushManifest(repository, digestOf(bytes), bytes, mediaTypes.ociManifest);
}

async function pushConfig(client: RegistryClient, repository: Repository, text: string) {
  await pushBytes(client, repository, Buffer.from(text));
  return { mediaType: mediaTypes.ociConfig, digest: digestOf(Buffer.from(text)), size: text.length };
}

function manifestOf(seed: string): object {
  const config = configOf(seed);
  return {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [],
  };
}

function configOf(seed: string): Uint8Array {
  return encode({ os: 'linux', architecture: 'amd64', config: { Labels: { seed } } });
}

function describeImage({ bytes, digest }: PushedImage) {
  return { mediaType: mediaTypes.ociManifest, digest, size: bytes.length };
}

function pushBytes(
  client: RegistryClient,
  repository: Repository,
  bytes: Uint8Array,
): Promise<'pushed' | 'present'> {
  const blob = { digest: digestOf(bytes), size: bytes.length };
  return client.pushBlob(repository, blob, () => pieces(bytes, 64 * 1024));
}

async function readBlob(
  client: RegistryClient,
  repository: Repository,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  const stream = await client.openBlob(repository, { digest: digestOf(bytes), size: bytes.length });
  return stream && collect(stream);
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listTags(client: RegistryClient, repository: Repository, last?: string): Promise<string[]> {
  const tags: string[] = [];
  for await (const page of client.listTagPages(repository, last === undefined ? {} : { last })) {
    tags.push(...page.readTags());
  }
  return tags;
}

async function fingerprints(client: RegistryClient, repository: Repository): Promise<string[]> {
  const found: string[] = [];
  for await (const page of client.listTagPages(repository)) found.push(page.fingerprint);
  return found;
}

function encode(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

/** Bytes that no compression or repetition makes alike. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, seed = size; at < size; at += 1) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[at] = seed >>> 16;
  }
  return bytes;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
