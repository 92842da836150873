import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Digest, digestOf } from '../reference/digest.ts';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

const text = '0123456789';

describe('blobs', () => {
  let server: RegistryServer;
  let digest: Digest;
  before(async () => {
    server = await startRegistryServer();
    digest = server.putBlob('team/app', Buffer.from(text));
  });
  after(() => server.close());

  const ask = (range?: string, method = 'GET') =>
    fetch(`${server.url}/v2/team/app/blobs/${digest}`, { method, headers: range ? { range } : {} });

  const ranges: {
    name: string;
    range?: string;
    status: number;
    body: string;
    contentRange: string | null;
  }[] = [
    { name: 'all of it', status: 200, body: text, contentRange: null },
    { name: 'a part', range: 'bytes=2-4', status: 206, body: '234', contentRange: 'bytes 2-4/10' },
    { name: 'the rest', range: 'bytes=7-', status: 206, body: '789', contentRange: 'bytes 7-9/10' },
    { name: 'the end', range: 'bytes=-2', status: 206, body: '89', contentRange: 'bytes 8-9/10' },
    {
      name: 'no more than there is',
      range: 'bytes=8-99',
      status: 206,
      body: '89',
      contentRange: 'bytes 8-9/10',
    },
    { name: 'nothing past the end', range: 'bytes=10-', status: 416, body: '', contentRange: 'bytes */10' },
    {
      name: 'all where the range is nonsense',
      range: 'bytes=4-2',
      status: 200,
      body: text,
      contentRange: null,
    },
    {
      name: 'all where several are asked',
      range: 'bytes=0-1,4-5',
      status: 200,
      body: text,
      contentRange: null,
    },
  ];
  for (const { name, range, status, body, contentRange } of ranges) {
    it(`serves ${name}`, async () => {
      const response = await ask(range);
      assert.deepEqual(
        [response.status, await response.text(), response.headers.get('content-range')],
        [status, body, contentRange],
      );
    });
  }

  it('tells length and digest by HEAD', async () => {
    const response = await ask(undefined, 'HEAD');
    assert.equal(response.headers.get('content-length'), '10');
    assert.equal(response.headers.get('docker-content-digest'), digest);
  });

  it('keeps a blob to the repository it was put in', async () => {
    server.pushImage({ repository: 'team/other', tag: '1' });
    assert.equal((await fetch(`${server.url}/v2/team/other/blobs/${digest}`)).status, 404);
  });

  it('serves a blob by its sha512', async () => {
    const long = server.putBlob('team/app', Buffer.from('long'), 'sha512');
    assert.equal(long, digestOf(Buffer.from('long'), 'sha512'));
    assert.equal(await (await fetch(`${server.url}/v2/team/app/blobs/${long}`)).text(), 'long');
  });

  it('deletes a blob, and says that it is gone', async () => {
    const gone = server.putBlob('team/app', Buffer.from('gone'));
    const url = `${server.url}/v2/team/app/blobs/${gone}`;
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 202);
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 404);
  });

  it('ignores a range where it is told to', async () => {
    const remove = server.faults.add({ fault: { kind: 'ignore-range' } });
    const response = await ask('bytes=2-4');
    remove();
    assert.deepEqual([response.status, await response.text()], [200, text]);
    assert.equal(response.headers.get('accept-ranges'), null);
  });

  describe('redirected to storage', () => {
    const redirected = async (fault: { validMs?: number; uses?: number }) => {
      const remove = server.faults.add({ fault: { kind: 'redirect-to-storage', ...fault } });
      const url = `${server.url}/v2/team/app/blobs/${digest}`;
      const response = await fetch(url, { redirect: 'manual' });
      remove();
      return { status: response.status, location: response.headers.get('location') ?? '' };
    };

    it('come from another port, by a signed URL, with ranges', async () => {
      const { status, location } = await redirected({});
      assert.equal(status, 307);
      assert.ok(location.startsWith(`http://${server.storageHost}/storage/`));
      assert.notEqual(server.storageHost, server.host);
      assert.equal(await (await fetch(location)).text(), text);
      assert.equal((await fetch(location, { headers: { range: 'bytes=3-' } })).status, 206);
    });

    it('are refused once the signature is used up or too old', async () => {
      const { location } = await redirected({ uses: 1 });
      assert.equal((await fetch(location)).status, 200);
      assert.equal((await fetch(location)).status, 403);
      assert.equal((await fetch((await redirected({ validMs: 0 })).location)).status, 403);
    });

    it('are refused to whoever brings the registry credential along', async () => {
      const { location } = await redirected({});
      const headers = { authorization: 'Bearer secret' };
      assert.equal((await fetch(location, { headers })).status, 400);
    });
  });
});
