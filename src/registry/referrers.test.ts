import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openTestClient, repositoryAt } from '../../test/open-test-client.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { type Digest, digestOf } from '../reference/digest.ts';
import type { Fault } from '../registry-server/fault.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';

describe('referrers', () => {
  let server: RegistryServer;
  let subject: Digest;
  let referrers: readonly Digest[];
  before(async () => {
    server = await startRegistryServer({ pageMax: 2 });
    subject = server.pushImage({ repository: 'app', tag: '1.0' }).digest;
    referrers = ['a', 'b', 'a', 'b', 'a'].map((kind, number) =>
      server.pushReferrer('app', subject, {
        artifactType: `application/x.${kind}`,
        annotations: { number: String(number) },
      }),
    );
  });
  after(() => server.close());
  beforeEach(() => {
    server.faults.clear();
    server.requests.clear();
  });

  async function list(faults: readonly Fault[], artifactType?: string) {
    for (const fault of faults) server.faults.add({ fault });
    const { client } = openTestClient();
    try {
      const options = artifactType === undefined ? {} : { artifactType };
      const found = await client.listReferrers(repositoryAt(server.host, 'app'), subject, options);
      return found.map(({ digest }) => digest).sort();
    } finally {
      await client.close();
    }
  }

  const ofKind = (kind: number) => referrers.filter((_, number) => number % 2 === kind).toSorted();

  it('are read through all pages', async () => {
    assert.deepEqual(await list([]), referrers.toSorted());
    assert.ok(server.requests.count({ path: 'referrers' }) > 1);
  });

  it('are filtered by the registry', async () => {
    assert.deepEqual(await list([], 'application/x.a'), ofKind(0));
  });

  it('are filtered here where the registry does not', async () => {
    assert.deepEqual(await list([{ kind: 'ignore-filter' }], 'application/x.b'), ofKind(1));
  });

  it('are none where there is neither API nor fallback tag', async () => {
    assert.deepEqual(await list([{ kind: 'no-referrers-api' }]), []);
  });

  const refused: readonly { name: string; fault: Fault; code: string }[] = [
    { name: 'in a circle', fault: { kind: 'link', form: 'loop' }, code: 'NOT_A_REGISTRY' },
    {
      name: 'on another host',
      fault: { kind: 'link', form: 'other-origin', origin: 'http://192.0.2.1' },
      code: 'NOT_A_REGISTRY',
    },
    { name: 'that are refused', fault: { kind: 'status', status: 403 }, code: 'DENIED' },
  ];
  for (const { name, fault, code } of refused) {
    it(`are not read ${name}`, async () => {
      await assert.rejects(list([fault]), { code });
    });
  }

  it('are kept in the fallback tag where the registry keeps none', async () => {
    server.faults.add({ fault: { kind: 'no-referrers-api' } });
    const { client } = openTestClient();
    const repository = repositoryAt(server.host, 'fallback');
    const image = server.pushImage({ repository: 'fallback', tag: '1.0' });
    const pushed: Digest[] = [];
    for (const name of ['one', 'two', 'two']) {
      const config = server.putBlob('fallback', Buffer.from('{}'));
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          artifactType: 'application/x.a',
          config: { mediaType: mediaTypes.ociEmpty, digest: config, size: 2 },
          layers: [],
          subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
          annotations: { name },
        }),
      );
      pushed.push(
        await client.pushManifest(repository, digestOf(manifest), manifest, mediaTypes.ociManifest),
      );
    }
    const found = await client.listReferrers(repository, image.digest);
    assert.deepEqual(
      found.map((referrer) => [referrer.digest, referrer.artifactType, referrer.annotations?.['name']]),
      [
        [pushed[0], 'application/x.a', 'one'],
        [pushed[1], 'application/x.a', 'two'],
      ],
    );
    await client.close();
  });
});
