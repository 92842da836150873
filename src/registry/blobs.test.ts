import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openTestClient, repositoryAt, type TestClientOptions } from '../../test/open-test-client.ts';
import type { Digest } from '../reference/digest.ts';
import type { Fault } from '../registry-server/fault.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';

const bytes = Buffer.alloc(500_000, 'a blob that is long enough to break in the middle; ');

describe('blobs', () => {
  let server: RegistryServer;
  let digest: Digest;
  before(async () => {
    server = await startRegistryServer();
    digest = server.putBlob('app', bytes);
  });
  after(() => server.close());
  beforeEach(() => {
    server.faults.clear();
    server.requests.clear();
  });

  async function readBlob(blob = { digest, size: bytes.length }, options: TestClientOptions = {}) {
    const { client } = openTestClient(options);
    const chunks: Uint8Array[] = [];
    try {
      const stream = await client.openBlob(repositoryAt(server.host, 'app'), blob);
      if (stream === undefined) return undefined;
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    } finally {
      await client.close();
    }
  }

  function add(fault: Fault, times?: number): void {
    server.faults.add({ match: { endpoint: 'blob' }, fault, ...(times === undefined ? {} : { times }) });
  }

  it('takes up a broken blob where it broke', async () => {
    add({ kind: 'cut-body', afterBytes: 100_000 }, 2);
    assert.deepEqual(await readBlob(), bytes);
    const ranges = server.requests.list().map(({ headers }) => headers.range);
    assert.equal(ranges.length, 3);
    assert.equal(ranges[0], undefined);
    assert.match(ranges[2] ?? '', /^bytes=\d+-$/);
  });

  it('starts over where ranges are not served, and gives no byte twice', async () => {
    add({ kind: 'cut-body', afterBytes: 100_000 }, 2);
    add({ kind: 'ignore-range' });
    assert.deepEqual(await readBlob(), bytes);
  });

  it('gives up a blob that breaks every time', async () => {
    add({ kind: 'cut-body', afterBytes: 10 });
    await assert.rejects(readBlob(), { name: 'RegistryError', code: 'REGISTRY_UNREACHABLE' });
    assert.equal(server.requests.count(), 6);
  });

  it('reads from the storage that the registry redirects to, without the credential', async () => {
    add({ kind: 'redirect-to-storage' });
    assert.deepEqual(await readBlob(), bytes);
    const [stored] = server.requests.list({ listener: 'storage' });
    assert.equal(stored?.headers.authorization, undefined);
  });

  it('asks the registry again where the signed URL has expired', async () => {
    add({ kind: 'redirect-to-storage', uses: 0 }, 1);
    add({ kind: 'redirect-to-storage' });
    assert.deepEqual(await readBlob(), bytes);
  });

  it('asks for a new signed URL when it takes up a broken blob', async () => {
    add({ kind: 'redirect-to-storage', uses: 1 });
    server.faults.add({
      match: { endpoint: 'storage' },
      times: 1,
      fault: { kind: 'cut-body', afterBytes: 100_000 },
    });
    assert.deepEqual(await readBlob(), bytes);
  });

  const refused: readonly { name: string; fault: Fault; code: string }[] = [
    { name: 'bytes that are others', fault: { kind: 'corrupt-body' }, code: 'DIGEST_MISMATCH' },
    { name: 'bytes without end', fault: { kind: 'endless-body' }, code: 'SIZE_MISMATCH' },
    { name: 'no bytes', fault: { kind: 'empty-body' }, code: 'SIZE_MISMATCH' },
    { name: 'a web page', fault: { kind: 'html-body' }, code: 'SIZE_MISMATCH' },
    { name: 'a refusal', fault: { kind: 'status', status: 403 }, code: 'DENIED' },
  ];
  for (const { name, fault, code } of refused) {
    it(`refuses ${name}`, async () => {
      add(fault);
      await assert.rejects(readBlob(), { name: 'RegistryError', code });
    });
  }

  it('holds back the last bytes until all are proven', async () => {
    add({ kind: 'corrupt-body' });
    const { client } = openTestClient();
    const stream = await client.openBlob(repositoryAt(server.host, 'app'), { digest, size: bytes.length });
    let given = 0;
    await assert.rejects(async () => {
      for await (const chunk of stream ?? []) given += chunk.length;
    });
    assert.ok(given < bytes.length);
    await client.close();
  });

  it('refuses to read a large blob into memory', async () => {
    const { client } = openTestClient({ limits: { smallBlobBytesMax: 1000 } });
    const descriptor = { digest, size: bytes.length, mediaType: 'application/octet-stream' };
    await assert.rejects(client.getSmallBlob(repositoryAt(server.host, 'app'), descriptor), {
      code: 'TOO_LARGE',
    });
    assert.equal(server.requests.count(), 0);
    await client.close();
  });
});
