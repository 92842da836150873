/**
 * The ledger under what only a whole machine has: Debian's older PostgreSQL, Debian's registry, a file system
 * of a few megabytes.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { PostgresLedger } from '../../src/ledger/postgres/postgres-ledger.ts';
import { scanRepository } from '../../src/ledger/scan.ts';
import { SqliteLedger } from '../../src/ledger/sqlite/sqlite-ledger.ts';
import { mediaTypes } from '../../src/oci/media-type.ts';
import { digestOf } from '../../src/reference/digest.ts';
import { parseRepository } from '../../src/reference/repository.ts';
import { parseTag } from '../../src/reference/tag.ts';
import { openRegistry } from '../../src/registry/open-registry.ts';
import { debianRegistryTool, startDebianRegistry } from '../debian-registry.ts';
import { ledgerContract } from '../ledger-contract.ts';
import { batchSightings, writtenRepository } from '../ledger-writer.ts';
import { freePort } from '../postgres.ts';
import { findTool, runTool } from '../tools.ts';

const isRoot = process.getuid?.() === 0;
const initdb = findTool('initdb', debianPostgresFolders());

if (initdb.missing === false) {
  const server = startDebianPostgres();
  after(async () => (await server).stop());
  ledgerContract("Debian's PostgreSQL", async () => {
    const { url } = await server;
    const ledger = await PostgresLedger.open(url);
    return {
      ledger,
      reopen: (options) => PostgresLedger.open(url, options),
      close: () => ledger.close(),
    };
  });
} else {
  it("keeps the contract on Debian's PostgreSQL", { skip: initdb.missing }, () => undefined);
}

function debianPostgresFolders(): readonly string[] {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, 'bin'));
}

/** As the user `postgres` where we are root, which PostgreSQL refuses to be. */
async function startDebianPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-debian-postgres-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  if (isRoot) {
    chmodSync(folder, 0o755);
    execFileSync('chown', ['postgres', data]);
  }
  const as = isRoot ? { uid: Number(execFileSync('id', ['-u', 'postgres'])) } : {};
  execFileSync(initdb.path, ['--auth=trust', '--username=holdfast', '--no-sync', '--pgdata', data], {
    ...as,
    stdio: 'ignore',
  });
  const port = await freePort();
  const words = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'];
  const child = spawn(join(initdb.path, '..', 'postgres'), words, {
    ...as,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('PostgreSQL ended before it was ready')));
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.includes('ready to accept connections')) resolve();
    });
  });
  return {
    url: `postgres://holdfast@127.0.0.1:${port}/postgres`,
    async stop() {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

describe("a scan of Debian's registry", () => {
  const debian = debianRegistryTool();

  it('finds every tag of a registry that neither pages nor sorts', { skip: debian.missing }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-debian-scan-'));
    const server = await startDebianRegistry();
    const registry = openRegistry({
      env: {},
      homeDirectory: folder,
      systemRoot: folder,
      userId: undefined,
      clock: systemClock,
      random: Math.random,
    });
    const ledger = new SqliteLedger(join(folder, 'ledger.db'));
    const repository = parseRepository(`${server.host}/team/app`);
    const scan = () =>
      scanRepository({ lister: registry, ledger, clock: systemClock }, repository, { digests: 'all' });
    try {
      const config = Buffer.from('{}');
      const blob = { digest: digestOf(config), size: config.length };
      await registry.pushBlob(repository, blob, async function* () {
        yield config;
      });
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          config: { ...blob, mediaType: mediaTypes.ociConfig },
          layers: [],
        }),
      );
      const push = (tag: string) =>
        registry.pushManifest(repository, parseTag(tag), manifest, mediaTypes.ociManifest);
      const tags = Array.from({ length: 120 }, (_, index) => `v${(index * 37) % 120}`);
      for (const tag of tags) await push(tag);
      const first = await scan();
      assert.deepEqual([first.outcome, first.appeared, first.digestsAsked], ['complete', 120, 120]);
      assert.deepEqual(await ledger.listTags(repository, undefined, 1000), tags.toSorted());
      await push('zulu');
      const second = await scan();
      assert.deepEqual([second.appearedTags, second.gone, second.moves], [['zulu'], 0, []]);
    } finally {
      await ledger.close();
      await registry.close();
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a ledger on a file system that is full', () => {
  const mount = findTool('mount');
  const skip = mount.missing === false && !isRoot ? 'only root may mount a small file system' : mount.missing;

  it('says so, keeps what it had acknowledged, and goes on when there is room', { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-full-'));
    const run = async (name: string, ...words: string[]) => {
      const { status, stderr } = await runTool(findTool(name), words);
      assert.equal(status, 0, stderr);
    };
    await run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
    try {
      const path = join(folder, 'ledger.db');
      let acknowledged = 0;
      const ledger = new SqliteLedger(path);
      await assert.rejects(
        async () => {
          for (;;) {
            await ledger.recordSightings(batchSightings(acknowledged));
            acknowledged += 1;
          }
        },
        { code: 'LEDGER_FULL', hint: /make room/ },
      );
      assert.ok(acknowledged > 10);
      await ledger.close();
      await run('mount', '-o', 'remount,size=4m', folder);
      const again = new SqliteLedger(path);
      const looks = async () => (await again.listObservations(writtenRepository, parseTag('v0'))).length;
      assert.equal(await looks(), acknowledged);
      await again.recordSightings(batchSightings(acknowledged));
      assert.equal(await looks(), acknowledged + 1);
      await again.close();
    } finally {
      await run('umount', folder);
      rmSync(folder, { recursive: true });
    }
  });
});
