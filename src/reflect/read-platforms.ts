import { parseImageConfig } from '../oci/image-config.ts';
import { platformManifests } from '../oci/manifest.ts';
import { formatPlatform, matchesPlatform, type Platform } from '../oci/platform.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { RegistryReader } from '../registry/registry-client.ts';

/**
 * Which of the wanted platforms a tag has, by its index or, for a single image, its config. Undefined where it
 * is gone or says nothing of platforms, as artifacts do.
 * @throws RegistryError where nobody could look
 */
export async function readPlatforms(
  registry: Pick<RegistryReader, 'getManifest' | 'getSmallBlob'>,
  repository: Repository,
  tag: Tag,
  { wanted, signal }: { readonly wanted: readonly Platform[]; readonly signal: AbortSignal },
): Promise<readonly string[] | undefined> {
  const offered = await listPlatforms(registry, repository, tag, signal);
  if (offered.length === 0) return undefined;
  return wanted
    .filter((one) => offered.some((platform) => matchesPlatform(one, platform)))
    .map(formatPlatform);
}

async function listPlatforms(
  registry: Pick<RegistryReader, 'getManifest' | 'getSmallBlob'>,
  repository: Repository,
  tag: Tag,
  signal: AbortSignal,
): Promise<readonly Platform[]> {
  const manifest = (await registry.getManifest(repository, tag, { signal }))?.manifest;
  if (manifest === undefined || manifest.kind === 'schema1') return [];
  if (manifest.kind === 'index') return platformManifests(manifest).flatMap(({ platform }) => platform ?? []);
  const bytes = await registry.getSmallBlob(repository, manifest.config, { signal });
  const platform = bytes && parseImageConfig(bytes).platform;
  return platform === undefined ? [] : [platform];
}
