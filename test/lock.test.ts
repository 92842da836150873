import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseDigest } from '../src/reference/digest.ts';
import { deployment, openPinningHouse, type PinningHouse } from './pinning-house.ts';

const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
];

describe('holdfast lock', () => {
  let house: PinningHouse;
  const at = (rest: string): string => `${house.server.host}/${rest}`;
  const json = (...words: readonly string[]): ReturnType<PinningHouse['json']> => house.json(...words);

  beforeEach(async () => {
    house = await openPinningHouse();
    house.server.pushImage({ repository: 'o/app', tag: 'v1', platforms, attestations: true, labels });
    house.server.pushImage({ repository: 'o/app', tag: 'v2' });
    house.write('deploy/a.yaml', deployment(at('o/app:v1')));
  });
  afterEach(() => house.close());

  it('records digest, media type, platforms, time, place and labels of each reference', async () => {
    const pushed = house.server.pushImage({
      repository: 'o/app',
      tag: 'v1',
      platforms,
      attestations: true,
      labels,
    });
    assert.equal((await house.run('lock', 'deploy')).status, 0);
    const [amd64, arm64] = pushed.children;
    assert.equal(
      house.read('deploy/holdfast.lock').split('version: 1\n')[1],
      `images:
  - reference: ${at('o/app:v1')}
    digest: ${pushed.digest}
    mediaType: application/vnd.oci.image.index.v1+json
    resolvedAt: 2026-11-21T10:49:00Z
    from: ${house.server.host}
    labels:
      version: "1.0"
      revision: abc
      source: https://example.org/o/app
    platforms:
      - platform: linux/amd64
        digest: ${amd64?.digest}
      - platform: linux/arm64/v8
        digest: ${arm64?.digest}
`,
    );
  });

  it('keeps a locked tag that moved until --update, and then remembers the digest before', async () => {
    await house.run('lock', 'deploy');
    const before = house.read('deploy/holdfast.lock');
    const moved = house.server.pushImage({ repository: 'o/app', tag: 'v1', seed: 'rebuilt' });
    assert.equal((await house.run('lock', 'deploy')).status, 0);
    assert.equal(house.read('deploy/holdfast.lock'), before);
    house.clock.advance(3_600_000);
    const { value } = await json('lock', '--update', 'deploy');
    assert.deepEqual(
      value.updated?.map((one) => [one.reference, one.to]),
      [[at('o/app:v1'), moved.digest]],
    );
    assert.match(house.read('deploy/holdfast.lock'), /replaced:\n {6}- sha256:/);
  });

  it('gives the same bytes where an update finds nothing new', async () => {
    await house.run('lock', 'deploy');
    const before = house.read('deploy/holdfast.lock');
    house.clock.advance(3_600_000);
    const { value } = await json('lock', '--update', 'deploy');
    assert.equal(value.written, false);
    assert.equal(house.read('deploy/holdfast.lock'), before);
  });

  it('adds what is new and drops what nobody uses any more', async () => {
    await house.run('lock', 'deploy');
    house.write('deploy/a.yaml', deployment(at('o/app:v2')));
    const { value } = await json('lock', 'deploy');
    assert.deepEqual([value.added, value.removed], [[at('o/app:v2')], [at('o/app:v1')]]);
  });

  it('drops nothing where a file could not be read', async () => {
    await house.run('lock', 'deploy');
    house.write('deploy/a.yaml', 'kind: [\n\0image: x');
    const { status, value } = await json('lock', 'deploy');
    assert.equal(status, 3);
    assert.deepEqual(value.removed, []);
    assert.equal(value.images?.length, 1);
  });

  const empty: readonly { readonly name: string; readonly given: string; readonly says: RegExp }[] = [
    { name: 'nothing', given: '', says: /INPUT_WITHOUT_IMAGES[^]*pipefail/ },
    { name: 'the error of a render', given: 'Error: chart not found\n', says: /INPUT_WITHOUT_IMAGES/ },
    {
      name: 'text that is no YAML',
      given: 'Error: [chart\n\tnot: found',
      says: /YAML_|INPUT_WITHOUT_IMAGES/,
    },
  ];
  for (const { name, given, says } of empty) {
    it(`keeps every entry where ${name} is on standard input`, async () => {
      await house.run('lock', 'deploy');
      const before = house.read('deploy/holdfast.lock');
      const lockFile = ['--lock-file', 'deploy/holdfast.lock'];
      for (const words of [
        ['lock', '-'],
        ['lock', '-', 'other.yaml'],
      ]) {
        house.write('other.yaml', deployment(at('o/app:v1')));
        const { status, stdout, stderr } = await house.pipe(given, ...words, ...lockFile);
        assert.equal(status, 3, stdout);
        assert.match(stdout + stderr, says);
        assert.equal(house.read('deploy/holdfast.lock'), before);
      }
    });
  }

  it('is not emptied by files without images, unless --allow-empty says so', async () => {
    await house.run('lock', 'deploy');
    const before = house.read('deploy/holdfast.lock');
    house.write('deploy/a.yaml', 'kind: ConfigMap\n');
    const { status, stderr } = await house.run('lock', 'deploy');
    assert.equal(status, 3);
    assert.match(stderr, /no image was found, and deploy\/holdfast\.lock has 1 entry[^]*--allow-empty/);
    assert.equal(house.read('deploy/holdfast.lock'), before);
    const { value } = await json('lock', 'deploy', '--allow-empty');
    assert.deepEqual(value.removed, [at('o/app:v1')]);
  });

  it('names the build tag that does not move beside a tag that does', async () => {
    const full = { repository: 'kube-logging/fluentd', seed: '169' };
    house.server.pushImage({ ...full, tag: 'v1.16-4.11-full', alsoTags: ['v1.16-4.11-full-build.169'] });
    house.server.pushImage({ ...full, tag: 'v1.16-4.11-full-build.9', seed: '9' });
    house.write('deploy/a.yaml', deployment(at('kube-logging/fluentd:v1.16-4.11-full')));
    const { value } = await json('lock', 'deploy');
    assert.equal(value.images?.[0]?.buildTag, 'v1.16-4.11-full-build.169');
  });

  it('locks all the same where the tags may not be listed, and says what it cannot say', async () => {
    house.server.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'status', status: 403 } });
    const { status, stderr } = await house.run('lock', 'deploy');
    assert.equal(status, 0);
    assert.match(stderr, /note: cannot say whether v1 has a fixed build tag in .*o\/app: /);
  });

  it('says at each place which reference the registry does not have, and locks the rest', async () => {
    house.write('deploy/b.yaml', deployment(at('o/app:v9'), at('o/app:v9')));
    const { status, value } = await json('lock', 'deploy');
    assert.equal(status, 1);
    assert.deepEqual(
      value.findings.map(({ rule, file, line }) => [rule, file, line]),
      [
        ['not-in-registry', 'b.yaml', 9],
        ['not-in-registry', 'b.yaml', 11],
      ],
    );
    assert.deepEqual(value.added, [at('o/app:v1')]);
  });

  it('keeps what could be resolved when a registry fails, and calls the rest a problem', async () => {
    house.write('deploy/b.yaml', deployment(at('o/broken:v1')));
    house.server.faults.add({ match: { repository: 'o/broken' }, fault: { kind: 'status', status: 500 } });
    const { status, value } = await json('lock', 'deploy');
    assert.equal(status, 3);
    assert.deepEqual([value.added, value.findings.length], [[at('o/app:v1')], 0]);
    assert.match(value.problems[0]?.message ?? '', /o\/broken/);
    assert.match(house.read('deploy/holdfast.lock'), /o\/app:v1/);
  });

  it('locks nothing whose bytes are not what the registry says', async () => {
    house.server.faults.add({ match: { endpoint: 'manifest' }, fault: { kind: 'wrong-digest' } });
    const { status, value } = await json('lock', 'deploy');
    assert.equal(status, 3);
    assert.deepEqual([value.images, value.problems[0]?.code], [[], 'DIGEST_MISMATCH']);
  });

  it('makes no lock file where no registry could be asked', async () => {
    await house.server.close();
    assert.equal((await house.run('lock', 'deploy')).status, 3);
    assert.equal(house.exists('deploy/holdfast.lock'), false);
  });

  it('leaves out a split map whose tag the chart supplies', async () => {
    house.write('deploy/values.yaml', `image:\n  repository: ${at('o/app')}\n  tag: ""\n`);
    const { status, value } = await json('lock', 'deploy');
    assert.deepEqual([status, value.skipped, value.images?.length], [0, { 'no-tag-here': 1 }, 1]);
  });

  it('writes and keeps the format of kbld and imgpkg', async () => {
    const { status } = await house.run(
      'lock',
      'deploy',
      '--lock-file',
      'images.yml',
      '--format',
      'kbld-imageslock',
    );
    assert.equal(status, 0);
    assert.match(
      house.read('images.yml'),
      /^---\napiVersion: imgpkg.carvel.dev\/v1alpha1\nimages:\n- annotations:/,
    );
    assert.equal((await house.run('lock', '--check', 'deploy', '--lock-file', 'images.yml')).status, 0);
    house.write('deploy/a.yaml', deployment(at('o/app:v2')));
    await house.run('lock', 'deploy', '--lock-file', 'images.yml');
    assert.match(house.read('images.yml'), /kind: ImagesLock/);
    assert.match(house.read('images.yml'), /o\/app:v2/);
  });

  it('records what it saw in the ledger', async () => {
    await house.run('lock', 'deploy');
    const { status, stdout } = await house.run('history', at('o/app:v1'), '-o', 'json');
    assert.equal(status, 0);
    assert.equal(JSON.parse(stdout).observations[0].source, 'lock');
  });

  it('locks although the ledger cannot be used, and says so', async () => {
    house.write('state', 'a file where the folder of the ledger should be');
    const { status, stderr } = await house.run('lock', 'deploy');
    assert.equal(status, 0);
    assert.match(stderr, /warning: the ledger was not used: /);
    assert.match(house.read('deploy/holdfast.lock'), /o\/app:v1/);
    assert.equal((await house.run('lock', '--update', '--no-ledger', 'deploy')).stderr, '');
  });

  it('writes nothing when Ctrl-C comes while a registry is slow', async () => {
    const asked = Promise.withResolvers<void>();
    house.server.faults.add({ match: { repository: 'o/app' }, fault: { kind: 'stall', afterBytes: 1 } });
    const child = house.start('lock', 'deploy', '--no-ledger');
    const watch = setInterval(() => {
      if (house.server.requests.count({ path: 'o/app' }) > 0) asked.resolve();
    }, 5);
    await asked.promise;
    clearInterval(watch);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    assert.equal(code, 130);
    assert.deepEqual(readdirSync(join(house.folder, 'deploy')), ['a.yaml']);
  });

  it('finds a tag that was changed while the digest of the old one stayed', async () => {
    await house.run('lock', 'deploy');
    await house.run('pin', 'deploy');
    house.write('deploy/a.yaml', house.read('deploy/a.yaml').replace('app:v1@', 'app:v2@'));
    for (const words of [['lock'], ['lock', '--check'], ['pin']]) {
      const { status, value } = await json(...words, 'deploy');
      assert.equal(status, 1);
      assert.deepEqual(
        value.findings.map(({ rule }) => rule),
        ['lock-contradiction'],
      );
      assert.match(
        value.findings[0]?.message ?? '',
        /app:v2 has the digest of .*app:v1, and that is what runs/,
      );
    }
    await house.run('unpin', 'deploy');
    assert.equal(house.read('deploy/a.yaml'), deployment(at('o/app:v2')));
    const { status, value } = await json('lock', 'deploy');
    assert.deepEqual([status, value.added, value.removed], [0, [at('o/app:v2')], [at('o/app:v1')]]);
  });

  it('accepts a tag that has the digest of another one in the registry too', async () => {
    await house.run('lock', 'deploy');
    await house.run('pin', 'deploy');
    const pinned = house.read('deploy/a.yaml');
    house.server.putTag('o/app', 'v1-build.7', parseDigest(/app:v1@(\S+)/.exec(pinned)?.[1] ?? ''));
    house.write('deploy/a.yaml', pinned.replace('app:v1@', 'app:v1-build.7@'));
    assert.equal((await house.run('lock', 'deploy')).status, 0);
    assert.equal((await house.run('lock', '--check', 'deploy')).status, 0);
  });
});

const labels = {
  'org.opencontainers.image.version': '1.0',
  'org.opencontainers.image.revision': 'abc',
  'org.opencontainers.image.source': 'https://example.org/o/app',
};
