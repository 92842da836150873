import { type Manifest, platformManifests } from '../oci/manifest.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';

/** What a digest holds, as far as somebody looked: an index its manifests, a manifest its config. */
export type ImageContents = {
  readonly digest: Digest;
  /** `linux/amd64`, where the index above says so. */
  readonly platform?: string;
  readonly config?: Digest;
  readonly children?: readonly ImageContents[];
};

/** One digest directly in another. */
export type ImageRelation = {
  readonly holder: Digest;
  readonly part: Digest;
  readonly platform: string | undefined;
};

/** An index in an index in an index: more than any registry has, and an end for a hostile one. */
const depthMax = 4;

/** What the bytes of one manifest tell. Attestations of an index are left out: nobody runs them. */
export function imageContents(digest: Digest, manifest: Manifest): ImageContents {
  switch (manifest.kind) {
    case 'index':
      return {
        digest,
        children: platformManifests(manifest).map((child) => ({
          digest: child.digest,
          ...(child.platform === undefined ? {} : { platform: formatPlatform(child.platform) }),
        })),
      };
    case 'manifest':
      return { digest, config: manifest.config.digest };
    case 'schema1':
      return { digest };
  }
}

/** The contents as pairs, each once. */
export function relationsIn(contents: ImageContents, depth = 0): readonly ImageRelation[] {
  if (depth === depthMax) return [];
  const { digest: holder, config, children = [] } = contents;
  const own = config === undefined ? [] : [{ holder, part: config, platform: undefined }];
  return [
    ...own,
    ...children.flatMap((child) => [
      { holder, part: child.digest, platform: child.platform },
      ...relationsIn(child, depth + 1),
    ]),
  ].filter((relation) => relation.holder !== relation.part);
}
