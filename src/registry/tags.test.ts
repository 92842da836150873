import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestClient, repositoryAt, type TestClientOptions } from '../../test/open-test-client.ts';
import type { Fault } from '../registry-server/fault.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';
import type { ListTagsOptions } from './registry-client.ts';

describe('listTagPages', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer({ pageMax: 100 });
    server.seedTags('app', 250, (number) => `v${String(number).padStart(3, '0')}`);
  });
  after(() => server.close());

  /** Every page read, with these faults on the way. */
  async function list(
    faults: readonly Fault[],
    options: ListTagsOptions = {},
    clientOptions: TestClientOptions = {},
  ): Promise<{ tags: string[]; pages: number; requests: number; waits: readonly number[] }> {
    server.faults.clear();
    server.requests.clear();
    for (const fault of faults) server.faults.add({ match: { endpoint: 'tags' }, fault });
    const { client, waits } = openTestClient(clientOptions);
    const tags: string[] = [];
    let pages = 0;
    try {
      for await (const page of client.listTagPages(repositoryAt(server.host, 'app'), options)) {
        pages += 1;
        tags.push(...page.readTags());
      }
    } finally {
      await client.close();
    }
    return { tags, pages, requests: server.requests.list({ path: 'tags/list' }).length, waits };
  }

  const complete: readonly { name: string; faults: readonly Fault[]; pages: number }[] = [
    { name: 'follows links relative to the host', faults: [], pages: 3 },
    { name: 'follows absolute links', faults: [{ kind: 'link', form: 'absolute' }], pages: 3 },
    { name: 'follows links that are a query only', faults: [{ kind: 'link', form: 'query-only' }], pages: 3 },
    { name: 'reads a registry that does not page', faults: [{ kind: 'ignore-paging' }], pages: 1 },
    {
      name: 'asks for smaller pages where large ones are refused',
      faults: [{ kind: 'page-limit', max: 1000, above: 'refuse' }],
      pages: 1,
    },
    {
      name: 'asks without a size where every size is refused',
      faults: [{ kind: 'page-limit', max: 50, above: 'refuse' }],
      pages: 5,
    },
  ];
  for (const { name, faults, pages } of complete) {
    it(name, async () => {
      const listed = await list(faults);
      assert.deepEqual(
        listed.tags,
        Array.from({ length: 250 }, (_, number) => `v${String(number).padStart(3, '0')}`),
      );
      assert.equal(listed.pages, pages);
    });
  }

  it('reads pages that are not sorted', async () => {
    const { tags } = await list([{ kind: 'unsorted-tags', within: 'list' }]);
    assert.equal(new Set(tags).size, 250);
  });

  for (const as of ['empty', 'null', 'absent'] as const) {
    it(`reads a list that is ${as}`, async () => {
      assert.deepEqual((await list([{ kind: 'empty-tags', as }])).tags, []);
    });
  }

  const refused: readonly {
    name: string;
    fault: Fault;
    code: string;
    limits?: TestClientOptions['limits'];
  }[] = [
    { name: 'a link in a circle', fault: { kind: 'link', form: 'loop' }, code: 'NOT_A_REGISTRY' },
    {
      name: 'a link to another host',
      fault: { kind: 'link', form: 'other-origin', origin: 'http://192.0.2.1' },
      code: 'NOT_A_REGISTRY',
    },
    {
      name: 'a link that cannot be read',
      fault: { kind: 'link', form: 'malformed' },
      code: 'NOT_A_REGISTRY',
    },
    {
      name: 'a page cut in the middle',
      fault: { kind: 'cut-body', afterBytes: 700 },
      code: 'REGISTRY_UNREACHABLE',
    },
    { name: 'a page that is a web page', fault: { kind: 'html-body' }, code: 'NOT_A_REGISTRY' },
    { name: 'a page that is empty', fault: { kind: 'empty-body' }, code: 'TAGS_UNREADABLE' },
    {
      name: 'a page of half a list',
      fault: { kind: 'body', body: '{"name":"app","tags":["v000","v0', contentType: 'application/json' },
      code: 'TAGS_UNREADABLE',
    },
    {
      name: 'a page of a compressed bomb',
      fault: { kind: 'gzip-bomb', unpackedBytes: 1e9 },
      code: 'NOT_A_REGISTRY',
    },
    {
      name: 'a page that never ends',
      fault: { kind: 'endless-body' },
      code: 'TAGS_UNREADABLE',
    },
    {
      name: 'more pages than the limit',
      fault: { kind: 'endless-pages', pages: 1000, tagsPerPage: 2 },
      code: 'TOO_LARGE',
      limits: { tagPagesMax: 20 },
    },
    {
      name: 'more bytes than the limit',
      fault: { kind: 'huge-tags', bytes: 3_000_000 },
      code: 'TOO_LARGE',
      limits: { tagListBytesMax: 1_000_000, tagPageBytesMax: 100_000 },
    },
    { name: 'a refusal', fault: { kind: 'status', status: 403 }, code: 'DENIED' },
    { name: 'a registry that is down', fault: { kind: 'status', status: 503 }, code: 'REGISTRY_FAILED' },
    {
      name: 'a page that drips',
      fault: { kind: 'drip', chunkBytes: 1, intervalMs: 5 },
      code: 'TIMEOUT',
      limits: { documentTimeoutMs: 20 },
    },
    {
      name: 'a page that stalls',
      fault: { kind: 'stall', afterBytes: 10 },
      code: 'TIMEOUT',
      limits: { documentTimeoutMs: 20 },
    },
  ];
  for (const { name, fault, code, limits } of refused) {
    it(`refuses ${name}, and never gives a shorter list`, async () => {
      await assert.rejects(list([fault], {}, limits === undefined ? {} : { limits }), {
        name: 'RegistryError',
        code,
      });
    });
  }

  it('refuses a later page that is missing', async () => {
    const missing = { kind: 'status', status: 404 } as const;
    server.faults.clear();
    server.faults.add({ match: { endpoint: 'tags' }, skip: 1, fault: missing });
    const { client } = openTestClient();
    const read = async (): Promise<void> => {
      for await (const page of client.listTagPages(repositoryAt(server.host, 'app'))) page.readTags();
    };
    await assert.rejects(read, { name: 'RegistryError', status: 404 });
    await client.close();
  });

  it('tries a page again that failed for a reason that passes', async () => {
    server.faults.clear();
    server.faults.add({
      match: { endpoint: 'tags' },
      skip: 1,
      times: 2,
      fault: { kind: 'status', status: 502 },
    });
    const { client, waits } = openTestClient();
    let tags = 0;
    for await (const page of client.listTagPages(repositoryAt(server.host, 'app')))
      tags += page.readTags().length;
    assert.equal(tags, 250);
    assert.equal(waits.length, 2);
    await client.close();
  });

  it('asks again for a page that breaks off', async () => {
    server.faults.clear();
    server.faults.add({
      match: { endpoint: 'tags' },
      times: 2,
      fault: { kind: 'cut-body', afterBytes: 300 },
    });
    const { client } = openTestClient();
    let tags = 0;
    for await (const page of client.listTagPages(repositoryAt(server.host, 'app')))
      tags += page.readTags().length;
    assert.equal(tags, 250);
    await client.close();
  });

  it('reads a thousand pages', async () => {
    const { tags, pages } = await list([{ kind: 'endless-pages', pages: 1000, tagsPerPage: 2 }]);
    assert.equal(pages, 1000);
    assert.equal(new Set(tags).size, 2000);
  });

  it('reads a large answer in pages that do not depend on how it came', async () => {
    const prints = async (limits: TestClientOptions['limits']): Promise<string[]> => {
      server.faults.clear();
      server.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'huge-tags', bytes: 1_000_000 } });
      const { client } = openTestClient(limits === undefined ? {} : { limits });
      const found = [];
      for await (const page of client.listTagPages(repositoryAt(server.host, 'app')))
        found.push(page.fingerprint);
      await client.close();
      return found;
    };
    const first = await prints({ tagPageBytesMax: 1000 });
    assert.ok(first.length > 3);
    assert.deepEqual(await prints({ tagPageBytesMax: 300_000 }), first);
  });

  it('leaves nothing open where the reader stops', async () => {
    server.faults.clear();
    const { client } = openTestClient();
    for await (const page of client.listTagPages(repositoryAt(server.host, 'app'))) {
      assert.equal(page.hasNext, true);
      break;
    }
    await client.close();
  });

  it('ends at once when it is cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const listing = list([{ kind: 'stall', afterBytes: 10 }], { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(listing, reason);
  });
});
