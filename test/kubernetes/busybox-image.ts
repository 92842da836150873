import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mediaTypes } from '../../src/oci/media-type.ts';
import { type Digest, digestOf } from '../../src/reference/digest.ts';
import { parseTag } from '../../src/reference/tag.ts';
import { openTestClient, repositoryAt } from '../open-test-client.ts';
import { findTool } from '../tools.ts';

export type BusyboxImage = {
  /** `127.0.0.1:PORT` of a registry that takes pushes. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
  /** Run by a shell. */
  readonly script: string;
};

/** Pushes an image that really runs: Debian's static busybox as its one layer. @returns the manifest's digest */
export async function pushBusyboxImage({ host, repository, tag, script }: BusyboxImage): Promise<Digest> {
  const layer = makeLayer();
  const config = encode({
    os: 'linux',
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    config: { Entrypoint: ['/bin/busybox', 'sh', '-c', script] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const manifest = encode({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.ociLayer, digest: digestOf(layer), size: layer.length }],
  });
  const at = repositoryAt(host, repository);
  const { client } = openTestClient();
  try {
    for (const blob of [layer, config]) {
      await client.pushBlob(at, { digest: digestOf(blob), size: blob.length }, () => whole(blob));
    }
    return await client.pushManifest(at, parseTag(tag), manifest, mediaTypes.ociManifest);
  } finally {
    await client.close();
  }
}

function makeLayer(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-layer-'));
  try {
    mkdirSync(join(folder, 'bin'));
    cpSync(findTool('busybox', ['/bin']).path, join(folder, 'bin', 'busybox'));
    const words = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-C', folder];
    return execFileSync('tar', [...words, '-cf', '-', 'bin'], { maxBuffer: 64 * 1024 * 1024 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function encode(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
