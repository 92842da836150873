import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { type Digest, digestOf } from '../reference/digest.ts';
import { type ImageContents, imageContents, relationsIn } from './image-contents.ts';

const digest = (text: string): Digest => digestOf(Buffer.from(text));
const descriptor = (text: string) => ({ mediaType: mediaTypes.ociManifest, digest: digest(text), size: 1 });

function manifestOf(document: object): ReturnType<typeof parseManifest> {
  return parseManifest(Buffer.from(JSON.stringify(document)), '');
}

describe('the contents of a manifest', () => {
  it('are the platforms of an index, without its attestations', () => {
    const index = manifestOf({
      mediaType: mediaTypes.ociIndex,
      manifests: [
        { ...descriptor('arm'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
        { ...descriptor('attestation'), platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    });
    assert.deepEqual(imageContents(digest('index'), index), {
      digest: digest('index'),
      children: [{ digest: digest('arm'), platform: 'linux/arm/v7' }],
    });
  });

  it('are the config of a single manifest, and nothing of schema 1', () => {
    const manifest = manifestOf({
      mediaType: mediaTypes.ociManifest,
      config: descriptor('config'),
      layers: [],
    });
    assert.deepEqual(imageContents(digest('manifest'), manifest), {
      digest: digest('manifest'),
      config: digest('config'),
    });
    const old = manifestOf({ schemaVersion: 1 });
    assert.deepEqual(imageContents(digest('old'), old), { digest: digest('old') });
  });

  it('are pairs, also where they are nested, and never a digest in itself', () => {
    const nested: ImageContents = {
      digest: digest('index'),
      children: [
        { digest: digest('manifest'), platform: 'linux/amd64', config: digest('config') },
        { digest: digest('index') },
      ],
    };
    assert.deepEqual(relationsIn(nested), [
      { holder: digest('index'), part: digest('manifest'), platform: 'linux/amd64' },
      { holder: digest('manifest'), part: digest('config'), platform: undefined },
    ]);
  });

  it('end at a depth that no registry has', () => {
    let deep: ImageContents = { digest: digest('0') };
    for (let level = 1; level < 20; level += 1) deep = { digest: digest(`${level}`), children: [deep] };
    assert.equal(relationsIn(deep).length, 4);
  });
});
