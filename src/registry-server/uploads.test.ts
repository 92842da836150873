import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../reference/digest.ts';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

const content = 'the content of a layer';
const digest = digestOf(Buffer.from(content));

describe('uploads', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer();
  });
  after(() => server.close());

  const begin = (query = '', repository = 'team/app') =>
    fetch(`${server.url}/v2/${repository}/blobs/uploads/${query}`, { method: 'POST' });
  const locationOf = (response: Response) => new URL(response.headers.get('location') ?? '', server.url).href;
  const patch = (url: string, body: string, range?: string) =>
    fetch(url, { method: 'PATCH', body, headers: range === undefined ? {} : { 'content-range': range } });
  const finish = (url: string, body = '', wanted = digest) =>
    fetch(`${url}&digest=${encodeURIComponent(wanted)}`, { method: 'PUT', body });
  const isThere = async (repository: string) =>
    (await fetch(`${server.url}/v2/${repository}/blobs/${digest}`, { method: 'HEAD' })).status === 200;

  it('takes a blob whole by one POST', async () => {
    const url = `${server.url}/v2/team/post/blobs/uploads/?digest=${digest}`;
    assert.equal((await fetch(url, { method: 'POST', body: content })).status, 201);
    assert.ok(await isThere('team/post'));
  });

  it('takes a blob whole by POST and PUT, and leaves no upload open', async () => {
    const finished = await finish(locationOf(await begin('', 'team/put')), content);
    assert.equal(finished.status, 201);
    assert.equal(finished.headers.get('docker-content-digest'), digest);
    assert.equal(server.uploads.open, 0);
    assert.ok(await isThere('team/put'));
  });

  it('takes a blob in chunks, each at the Location of the one before', async () => {
    const begun = await begin('', 'team/chunks');
    const first = await patch(locationOf(begun), content.slice(0, 5), '0-4');
    assert.deepEqual([first.status, first.headers.get('range')], [202, '0-4']);
    const second = await patch(locationOf(first), content.slice(5, 9), '5-8');
    assert.equal(second.headers.get('range'), '0-8');
    assert.notEqual(locationOf(first), locationOf(second));
    assert.equal((await finish(locationOf(second), content.slice(9))).status, 201);
    assert.ok(await isThere('team/chunks'));
  });

  it('refuses a chunk that does not follow, and says how far it has come', async () => {
    const first = await patch(locationOf(await begin()), 'abcde', '0-4');
    const gap = await patch(locationOf(first), 'xyz', '9-11');
    assert.deepEqual([gap.status, gap.headers.get('range')], [416, '0-4']);
    assert.equal((await patch(locationOf(gap), 'x', 'bytes 5-5')).status, 400);
  });

  it('keeps what arrived before the connection broke, and goes on from there', async () => {
    const location = locationOf(await begin('', 'team/resumed'));
    const remove = server.faults.add({
      match: { method: 'PATCH' },
      fault: { kind: 'drop-upload', afterBytes: 7 },
    });
    await assert.rejects(patch(location, content));
    remove();
    const state = await fetch(location);
    assert.deepEqual([state.status, state.headers.get('range')], [204, '0-6']);
    const rest = await patch(locationOf(state), content.slice(7), `7-${content.length - 1}`);
    assert.equal((await finish(locationOf(rest))).status, 201);
    assert.ok(await isThere('team/resumed'));
  });

  it('refuses what does not fit its digest, and forgets it', async () => {
    const location = locationOf(await begin('', 'team/wrong'));
    assert.equal((await finish(location, 'something else')).status, 400);
    assert.equal((await finish(location, content)).status, 404);
    assert.equal(await isThere('team/wrong'), false);
  });

  it('takes a blob under its sha512', async () => {
    const sha512 = digestOf(Buffer.from(content), 'sha512');
    const finished = await finish(locationOf(await begin()), content, sha512);
    assert.equal(finished.headers.get('docker-content-digest'), sha512);
  });

  it('cancels an upload', async () => {
    const location = locationOf(await begin());
    assert.equal((await fetch(location, { method: 'DELETE' })).status, 204);
    assert.equal((await patch(location, 'x')).status, 404);
  });

  it('finds out a client that drops the query of the Location', async () => {
    const location = new URL(locationOf(await begin()));
    location.search = '';
    assert.equal((await patch(location.href, 'x')).status, 404);
  });

  it('mounts a blob from another repository', async () => {
    server.putBlob('team/from', Buffer.from(content));
    assert.equal((await begin(`?mount=${digest}&from=team/from`, 'team/mounted')).status, 201);
    assert.ok(await isThere('team/mounted'));
  });

  it('begins an upload where there is nothing to mount, or where it is told not to', async () => {
    server.putBlob('team/from', Buffer.from(content));
    const absent = await begin(`?mount=${digest}&from=team/nothing`, 'team/unmounted');
    assert.deepEqual([absent.status, absent.headers.get('range')], [202, '0-0']);
    const remove = server.faults.add({ fault: { kind: 'refuse-mount' } });
    assert.equal((await begin(`?mount=${digest}&from=team/from`, 'team/unmounted')).status, 202);
    remove();
    assert.equal(await isThere('team/unmounted'), false);
  });

  const locations = [
    {
      name: 'relative',
      fault: { form: 'relative' },
      expected: /^\/v2\/team\/app\/blobs\/uploads\/[^/]+\?_state=0$/,
    },
    {
      name: 'on another host',
      fault: { form: 'other-origin', origin: 'http://uploads.invalid' },
      expected: /^http:\/\/uploads\.invalid\/v2\//,
    },
  ] as const;
  for (const { name, fault, expected } of locations) {
    it(`writes a Location that is ${name} where it is told to`, async () => {
      const remove = server.faults.add({ fault: { kind: 'location', ...fault } });
      const response = await begin();
      remove();
      assert.match(response.headers.get('location') ?? '', expected);
    });
  }
});
