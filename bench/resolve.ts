import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mediaTypes } from '../src/oci/media-type.ts';
import { digestOf } from '../src/reference/digest.ts';
import { parseTag } from '../src/reference/tag.ts';
import { debianRegistryTool, startDebianRegistry } from '../test/debian-registry.ts';
import { openTestClient, repositoryAt } from '../test/open-test-client.ts';
import { installPacked } from '../test/packed.ts';
import { startRegistryProcess } from '../test/registry-process.ts';
import { buildGoTool, craneTool } from '../test/tools.ts';
import type { Bench, BenchRow } from './bench.ts';
import { measureProcess } from './measure.ts';

const referenceCount = 1000;
const repositoryCount = 10;
/** As many as people run side by side. */
const craneProcesses = 8;

/** Many references as a whole process, beside the bare HEADs, and beside as many processes of crane. */
export const bench: Bench = {
  name: 'resolve',
  summary: `${referenceCount} references, whole processes of the built bundle`,
  async run(say) {
    const registry = await openRegistry(say);
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-resolve-bench-'));
    try {
      const references = await fill(registry.host);
      const stub = installPacked(folder);
      return await measure(say, stub, references, join(folder, 'ledger.db'));
    } finally {
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function openRegistry(say: (line: string) => void) {
  const { missing } = debianRegistryTool();
  if (missing === false) return startDebianRegistry();
  say(`against our own server, which is faster: ${missing}`);
  return startRegistryProcess();
}

async function measure(
  say: (line: string) => void,
  stub: string,
  references: readonly string[],
  ledger: string,
): Promise<readonly BenchRow[]> {
  const heads = fileURLToPath(new URL('./heads.ts', import.meta.url));
  const bare = await measureProcess(process.execPath, [heads, ...references.map(manifestUrl)]);
  const peer = { name: 'HEADs alone (node:http)', value: bare.wallSeconds };
  const env = { HOLDFAST_LEDGER: ledger };
  const recording = [stub, 'resolve', ...references];
  const first = await measureProcess(process.execPath, recording, { env, runs: 1 });
  const recorded = await measureProcess(process.execPath, recording, { env });
  const plain = await measureProcess(process.execPath, [stub, 'resolve', '--no-ledger', ...references]);
  const [reference = ''] = references;
  const one = await measureProcess(process.execPath, [stub, 'resolve', '--no-ledger', reference], {
    runs: 11,
  });
  const rows: BenchRow[] = [
    row('new to a ledger: a HEAD and a GET each', first.wallSeconds, peer),
    row('known to a ledger: a HEAD each', recorded.wallSeconds, peer, '<= 1.5x'),
    row('--no-ledger', plain.wallSeconds, peer, '<= 1.5x'),
  ];
  const crane = await buildGoTool(craneTool);
  if (crane.missing !== false) {
    say(`no comparison with crane: ${crane.missing}`);
    return [...rows, row('one reference, cold', one.wallSeconds)];
  }
  const many = ['-n', '1', '-P', String(craneProcesses), crane.path, 'digest'];
  const script = `printf '%s\\n' "$@" | xargs ${many.join(' ')}`;
  const all = await measureProcess('sh', ['-c', script, 'sh', ...references], { runs: 1 });
  const single = await measureProcess(crane.path, ['digest', reference], { runs: 11 });
  return [
    ...rows,
    row('known to a ledger: a HEAD each', recorded.wallSeconds, {
      name: `crane digest, ${craneProcesses} at once`,
      value: all.wallSeconds,
    }),
    row('one reference, cold', one.wallSeconds, { name: 'crane digest', value: single.wallSeconds }),
  ];
}

function row(name: string, ours: number, peer?: BenchRow['peer'], aim?: string): BenchRow {
  return { name, unit: 's', ours, ...(peer && { peer }), ...(aim === undefined ? {} : { aim }) };
}

function manifestUrl(reference: string): string {
  const [, host, path, tag] = /^([^/]+)\/(.*):([^:]+)$/.exec(reference) ?? [];
  return `http://${host}/v2/${path}/manifests/${tag}`;
}

/** One image, under as many tags. */
async function fill(host: string): Promise<readonly string[]> {
  const { client } = openTestClient();
  const config = Buffer.from('{"os":"linux","architecture":"amd64"}');
  const blob = { digest: digestOf(config), size: config.length };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, ...blob },
      layers: [],
    }),
  );
  const references: string[] = [];
  for (let at = 0; at < repositoryCount; at += 1) {
    const repository = repositoryAt(host, `bench/app-${at}`);
    await client.pushBlob(repository, blob, async function* () {
      yield config;
    });
    const tags = Array.from({ length: referenceCount / repositoryCount }, (_, number) => `1.${number}`);
    await Promise.all(
      tags.map((tag) => client.pushManifest(repository, parseTag(tag), manifest, mediaTypes.ociManifest)),
    );
    references.push(...tags.map((tag) => `${host}/${repository.path}:${tag}`));
  }
  await client.close();
  return references;
}
