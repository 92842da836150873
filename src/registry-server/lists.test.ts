import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseDigest } from '../reference/digest.ts';
import type { Fault, FaultOf } from './fault.ts';
import { type RegistryServer, type RegistryServerOptions, startRegistryServer } from './registry-server.ts';

const subject = parseDigest(`sha256:${'b'.repeat(64)}`);
const tags = ['1.0', '1.1', '1.2', '2.0', '2.1'];

type TagsBody = { name: string; tags?: string[] | null };

describe('tag lists', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.close());

  const ask = async (query: string) => {
    const response = await fetch(`${server.url}/v2/team/app/tags/list${query}`);
    const body = (await response.json()) as TagsBody;
    return { status: response.status, tags: body.tags, link: response.headers.get('link') };
  };
  const askWith = async (fault: Fault, query = '?n=2') => {
    const remove = server.faults.add({ fault });
    try {
      return await ask(query);
    } finally {
      remove();
    }
  };

  const pages: { name: string; query: string; expected: string[]; link: string | null }[] = [
    { name: 'all tags in byte order where nothing is asked', query: '', expected: tags, link: null },
    {
      name: 'so many, and a link to the next page',
      query: '?n=2',
      expected: ['1.0', '1.1'],
      link: '</v2/team/app/tags/list?n=2&last=1.1>; rel="next"',
    },
    { name: 'what comes after', query: '?n=2&last=2.0', expected: ['2.1'], link: null },
    {
      name: 'what comes after a tag that is not there',
      query: '?last=1.9',
      expected: ['2.0', '2.1'],
      link: null,
    },
    { name: 'nothing where none are asked for', query: '?n=0', expected: [], link: null },
    { name: 'no link on a last page that is full', query: '?n=5', expected: tags, link: null },
  ];
  for (const { name, query, expected, link } of pages) {
    it(`gives ${name}`, async () => {
      assert.deepEqual(await ask(query), { status: 200, tags: expected, link });
    });
  }

  it('refuses an n that is no count', async () => {
    assert.equal((await ask('?n=-1')).status, 400);
    assert.equal((await ask('?n=many')).status, 400);
  });

  it('grants no larger page than it is started for, whatever is asked', async () => {
    const small = await startServer({ pageMax: 3 });
    try {
      const response = await fetch(`${small.url}/v2/team/app/tags/list?n=1000`);
      assert.deepEqual(((await response.json()) as TagsBody).tags, tags.slice(0, 3));
      assert.match(response.headers.get('link') ?? '', /n=3&last=1\.2/);
    } finally {
      await small.close();
    }
  });

  const links: { form: FaultOf<'link'>['form']; expected: RegExp | undefined }[] = [
    {
      form: 'absolute',
      expected: /^<http:\/\/127\.0\.0\.1:\d+\/v2\/team\/app\/tags\/list\?n=2&last=1\.1>; rel="next"$/,
    },
    { form: 'query-only', expected: /^<\?n=2&last=1\.1>; rel="next"$/ },
    {
      form: 'other-origin',
      expected: /^<http:\/\/registry\.invalid\/v2\/team\/app\/tags\/list\?n=2&last=1\.1>/,
    },
    { form: 'loop', expected: /^<\/v2\/team\/app\/tags\/list\?n=2>; rel="next"$/ },
    { form: 'malformed', expected: /^\/v2\// },
    { form: 'absent', expected: undefined },
  ];
  for (const { form, expected } of links) {
    it(`writes the link ${form} where it is told to`, async () => {
      const { link } = await askWith({ kind: 'link', form });
      if (expected === undefined) assert.equal(link, null);
      else assert.match(link ?? '', expected);
    });
  }

  const lies: { name: string; fault: Fault; query?: string; expected: unknown }[] = [
    {
      name: 'forgets a tag',
      fault: { kind: 'forget-tag', tag: '1.1' },
      expected: {
        status: 200,
        tags: ['1.0', '1.2'],
        link: '</v2/team/app/tags/list?n=2&last=1.2>; rel="next"',
      },
    },
    {
      name: 'gives a part as if it were all',
      fault: { kind: 'truncated-tags', keep: 3 },
      query: '',
      expected: { status: 200, tags: ['1.0', '1.1', '1.2'], link: null },
    },
    {
      name: 'gives everything at once',
      fault: { kind: 'ignore-paging' },
      expected: { status: 200, tags, link: null },
    },
    {
      name: 'gives smaller pages',
      fault: { kind: 'page-limit', max: 1, above: 'cap' },
      expected: { status: 200, tags: ['1.0'], link: '</v2/team/app/tags/list?n=1&last=1.0>; rel="next"' },
    },
    {
      name: 'refuses large pages',
      fault: { kind: 'page-limit', max: 1, above: 'refuse' },
      expected: { status: 400, tags: undefined, link: null },
    },
    {
      name: 'gives an empty list',
      fault: { kind: 'empty-tags', as: 'empty' },
      expected: { status: 200, tags: [], link: null },
    },
    {
      name: 'gives null for a list',
      fault: { kind: 'empty-tags', as: 'null' },
      expected: { status: 200, tags: null, link: null },
    },
    {
      name: 'gives no list at all',
      fault: { kind: 'empty-tags', as: 'absent' },
      expected: { status: 200, tags: undefined, link: null },
    },
    {
      name: 'mixes the order inside a page',
      fault: { kind: 'unsorted-tags', within: 'page' },
      query: '?n=3',
      expected: {
        status: 200,
        tags: ['1.1', '1.0', '1.2'],
        link: '</v2/team/app/tags/list?n=3&last=1.2>; rel="next"',
      },
    },
  ];
  for (const { name, fault, query, expected } of lies) {
    it(`${name} where it is told to`, async () => assert.deepEqual(await askWith(fault, query), expected));
  }

  it('gives every tag once through unsorted pages', async () => {
    const remove = server.faults.add({ fault: { kind: 'unsorted-tags', within: 'list' } });
    const seen = await readAll(server, 2);
    remove();
    assert.deepEqual([...seen].sort(), tags);
    assert.notDeepEqual(seen, tags);
  });

  it('gives as many pages as it is told to', async () => {
    const remove = server.faults.add({ fault: { kind: 'endless-pages', pages: 40, tagsPerPage: 3 } });
    const before = server.requests.total;
    const seen = await readAll(server, 100);
    remove();
    assert.equal(server.requests.total - before, 40);
    assert.equal(new Set(seen).size, 120);
  });

  it('gives a body as huge as it is told to, of different tags', async () => {
    const { tags: many = [] } = await askWith({ kind: 'huge-tags', bytes: 3_000_000 });
    assert.ok((many ?? []).length > 100_000);
    assert.deepEqual([...new Set(many)].sort(), many);
  });

  it('writes links that lead back below the path it is served under', async () => {
    const prefixed = await startServer({ pathPrefix: '/artifactory/docker' });
    try {
      assert.ok(prefixed.url.endsWith('/artifactory/docker'));
      assert.deepEqual(await readAll(prefixed, 2), tags);
    } finally {
      await prefixed.close();
    }
  });
});

describe('the catalog', () => {
  it('names repositories page by page', async () => {
    const server = await startServer();
    try {
      server.pushImage({ repository: 'a/first', tag: '1' });
      const first = await fetch(`${server.url}/v2/_catalog?n=1`);
      assert.deepEqual(await first.json(), { repositories: ['a/first'] });
      const next = /<(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      assert.deepEqual(await (await fetch(server.url + next)).json(), { repositories: ['team/app'] });
    } finally {
      await server.close();
    }
  });
});

describe('referrers', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startServer();
    server.pushReferrer('team/app', subject, {
      artifactType: 'application/vnd.example.sbom',
      annotations: { 'org.example.of': 'app' },
    });
    server.pushReferrer('team/app', subject, { artifactType: 'application/vnd.example.signature' });
  });
  after(() => server.close());

  const ask = async (query = '', of: string = subject) => {
    const response = await fetch(`${server.url}/v2/team/app/referrers/${of}${query}`);
    if (response.status !== 200) return { status: response.status };
    const { manifests } = (await response.json()) as { manifests: { artifactType: string }[] };
    return {
      status: response.status,
      types: manifests.map((manifest) => manifest.artifactType).sort(),
      filtered: response.headers.get('oci-filters-applied'),
    };
  };
  const both = ['application/vnd.example.sbom', 'application/vnd.example.signature'];

  it('lists what refers to a digest, also one that is not there', async () => {
    assert.deepEqual(await ask(), { status: 200, types: both, filtered: null });
  });

  it('lists nothing, and not an error, where nothing refers', async () => {
    assert.deepEqual(await ask('', `sha256:${'c'.repeat(64)}`), { status: 200, types: [], filtered: null });
  });

  it('filters by type, and says that it did', async () => {
    assert.deepEqual(await ask('?artifactType=application/vnd.example.sbom'), {
      status: 200,
      types: ['application/vnd.example.sbom'],
      filtered: 'artifactType',
    });
  });

  it('does not filter where it is told not to, and does not say that it did', async () => {
    const remove = server.faults.add({ fault: { kind: 'ignore-filter' } });
    assert.deepEqual(await ask('?artifactType=x'), { status: 200, types: both, filtered: null });
    remove();
  });

  it('knows no referrers where it is told so', async () => {
    const remove = server.faults.add({ fault: { kind: 'no-referrers-api' } });
    assert.equal((await ask()).status, 404);
    remove();
  });
});

async function startServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = await startRegistryServer(options);
  const [first = '', ...others] = tags;
  server.pushImage({ repository: 'team/app', tag: first, alsoTags: others });
  return server;
}

async function readAll(server: RegistryServer, pageSize: number): Promise<string[]> {
  const seen: string[] = [];
  let url: string | undefined = `${server.url}/v2/team/app/tags/list?n=${pageSize}`;
  while (url !== undefined) {
    const response: Response = await fetch(url);
    seen.push(...(((await response.json()) as TagsBody).tags ?? []));
    const next = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    url = next === undefined ? undefined : new URL(next, url).href;
  }
  return seen;
}
