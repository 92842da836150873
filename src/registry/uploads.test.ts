import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openTestClient, repositoryAt, type TestClient } from '../../test/open-test-client.ts';
import { digestOf } from '../reference/digest.ts';
import type { Fault, FaultMatch } from '../registry-server/fault.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';

const bytes = Buffer.alloc(300_000, 'what is uploaded; ');
const blob = { digest: digestOf(bytes), size: bytes.length };

async function* source(): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 50_000) yield bytes.subarray(from, from + 50_000);
}

describe('uploads', () => {
  let server: RegistryServer;
  let under: TestClient;
  let repositories = 0;
  before(async () => {
    server = await startRegistryServer();
  });
  after(() => server.close());
  beforeEach(() => {
    server.faults.clear();
    server.requests.clear();
    repositories += 1;
  });

  async function push(
    faults: readonly { fault: Fault; times?: number; match?: FaultMatch }[],
    chunkBytes?: number,
  ) {
    for (const { fault, match, times } of faults) {
      server.faults.add({
        match: { endpoint: 'upload', ...match },
        fault,
        ...(times === undefined ? {} : { times }),
      });
    }
    under = openTestClient();
    const repository = repositoryAt(server.host, `app-${repositories}`);
    try {
      return await under.client.pushBlob(
        repository,
        blob,
        source,
        chunkBytes === undefined ? {} : { chunkBytes },
      );
    } finally {
      await under.client.close();
    }
  }

  async function readBack(): Promise<Buffer> {
    server.faults.clear();
    const { client } = openTestClient();
    const repository = repositoryAt(server.host, `app-${repositories}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await client.openBlob(repository, blob)) ?? []) chunks.push(chunk);
    await client.close();
    return Buffer.concat(chunks);
  }

  const working: readonly {
    name: string;
    faults: readonly { fault: Fault; times?: number; match?: FaultMatch }[];
  }[] = [
    { name: 'follow a relative location', faults: [{ fault: { kind: 'location', form: 'relative' } }] },
    {
      name: 'begin anew where the connection breaks',
      faults: [{ fault: { kind: 'drop-upload', afterBytes: 100_000 }, times: 1 }],
    },
    {
      name: 'begin anew where the session is lost',
      faults: [
        {
          match: { method: 'PUT' },
          times: 1,
          fault: { kind: 'status', status: 404, code: 'BLOB_UPLOAD_UNKNOWN' },
        },
      ],
    },
    {
      name: 'wait for a registry that is busy',
      faults: [{ match: { method: 'POST' }, times: 2, fault: { kind: 'status', status: 503 } }],
    },
  ];
  for (const { name, faults } of working) {
    for (const chunkBytes of [undefined, 120_000]) {
      it(`${name}${chunkBytes === undefined ? '' : ', in chunks'}`, async () => {
        assert.equal(await push(faults, chunkBytes), 'pushed');
        assert.deepEqual(await readBack(), bytes);
      });
    }
  }

  it('send each chunk to where the last answer says, and say which bytes they are', async () => {
    await push([], 120_000);
    const patches = server.requests.list({ method: 'PATCH' });
    assert.deepEqual(
      patches.map(({ headers }) => headers['content-range']),
      ['0-119999', '120000-239999', '240000-299999'],
    );
    assert.equal(server.requests.list({ method: 'PUT' })[0]?.query.get('digest'), blob.digest);
  });

  it('do not leave the host they began on', async () => {
    const fault = { kind: 'location', form: 'other-origin', origin: 'http://192.0.2.1' } as const;
    await assert.rejects(push([{ fault }]), { code: 'REDIRECT_REFUSED', message: /names another host/ });
  });

  it('are given up where the registry may not be written', async () => {
    const fault = { kind: 'status', status: 403, code: 'DENIED' } as const;
    await assert.rejects(push([{ fault }]), { code: 'DENIED' });
  });

  it('give back a session where a mount is not granted', async () => {
    const from = repositoryAt(server.host, `from-${repositories}`);
    server.putBlob(from.path, bytes);
    server.faults.add({ fault: { kind: 'refuse-mount' } });
    const { client } = openTestClient();
    assert.equal(await client.mountBlob(repositoryAt(server.host, 'to'), blob, from), false);
    assert.equal(server.requests.count({ method: 'DELETE' }), 1);
    await client.close();
  });

  it('are not mounted from another registry', async () => {
    const { client } = openTestClient();
    const from = repositoryAt('registry.invalid', 'app');
    assert.equal(await client.mountBlob(repositoryAt(server.host, 'to'), blob, from), false);
    assert.equal(server.requests.count(), 0);
    await client.close();
  });

  it('ask for the right to push, and to read where they mount from', async () => {
    const secured = await startRegistryServer({
      auth: { kind: 'bearer', users: [{ username: 'jane', password: 'pw-of-jane' }] },
    });
    const { client } = openTestClient({
      credentials: [{ kind: 'basic', username: 'jane', password: 'pw-of-jane' }],
    });
    const from = repositoryAt(secured.host, 'from');
    await client.pushBlob(from, blob, source);
    assert.equal(await client.mountBlob(repositoryAt(secured.host, 'to'), blob, from), true);
    const scopes = secured.requests.list({ path: '/token' }).map(({ query }) => query.getAll('scope'));
    assert.deepEqual(scopes.at(-1), ['repository:from:pull', 'repository:to:pull,push']);
    await client.close();
    await secured.close();
  });
});
