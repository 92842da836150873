import type { Finding } from '../findings/finding.ts';
import { repositoryName } from '../reference/repository.ts';
import { type DeclaredImage, findingAt, placeOf } from './declared-image.ts';
import { movingSiblingOf } from './tag-shape.ts';

/** Most other places named in one message. */
const placesShownMax = 3;

/**
 * The same image with different versions: every place that does not agree with the version most places have.
 * Compared is what claims to be the one version: not flavours (`-alpine`, `-debug`) with each other, not kustomize
 * entries, whose purpose is to change a base, and not a file that lists several versions itself, a catalogue.
 */
export function checkVersions(images: readonly DeclaredImage[]): readonly Finding[] {
  const compared = images.filter(
    ({ reference, field }) => reference.tag !== undefined && field.form !== 'kustomize',
  );
  return [...Map.groupBy(compared, flavourKey).values()].flatMap((all) => {
    const group = withoutCatalogues(all);
    const byVersion = Map.groupBy(group, versionOf);
    if (byVersion.size < 2) return [];
    const [common, ...others] = [...byVersion.entries()].sort(mostPlacesFirst);
    if (common === undefined) return [];
    const [version, places] = common;
    return others.flatMap(([, odd]) => odd.map((image) => disagreement(image, version, places)));
  });
}

function withoutCatalogues(group: readonly DeclaredImage[]): readonly DeclaredImage[] {
  const byFile = Map.groupBy(group, ({ file, path }) => path ?? file);
  return [...byFile.values()].filter((places) => new Set(places.map(versionOf)).size === 1).flat();
}

/** A tag declared beside its own fixed builds: `v1.16-4.11-full` where another file has `…-full-build.169`. */
export function checkBuildSiblings(images: readonly DeclaredImage[]): readonly Finding[] {
  const fixed = new Map<string, DeclaredImage>();
  for (const image of images) {
    const moving = movingSiblingOf(image.reference.tag ?? '');
    if (moving !== undefined) fixed.set(`${repositoryName(image.reference.repository)}:${moving}`, image);
  }
  return images.flatMap((image) => {
    if (image.reference.digest !== undefined || image.reference.tag === undefined) return [];
    const sibling = fixed.get(`${repositoryName(image.reference.repository)}:${image.reference.tag}`);
    if (sibling === undefined) return [];
    const message = `${image.field.reference} is rebuilt in place: ${placeOf(sibling)} names the fixed build ${sibling.reference.tag ?? ''}`;
    return [
      findingAt(image, 'suspicious-tag', message, 'use the build tag, or pin the digest: holdfast pin'),
    ];
  });
}

function disagreement(image: DeclaredImage, version: string, places: readonly DeclaredImage[]): Finding {
  const shown = places.slice(0, placesShownMax).map(placeOf).join(', ');
  const more = places.length > placesShownMax ? ` and ${places.length - placesShownMax} more` : '';
  return findingAt(
    image,
    'inconsistent-versions',
    `${image.field.reference} here, ${version} in ${shown}${more}`,
    'bring both to one version, or exclude the place in holdfast.yaml if both are meant',
  );
}

function versionOf(image: DeclaredImage): string {
  return image.reference.tag ?? '';
}

/** Repository, and the words of the tag without its numbers: `nginx` with `1.25.3-alpine` is `nginx -alpine`. */
function flavourKey(image: DeclaredImage): string {
  const words = (image.reference.tag ?? '')
    .replace(/^v(?=\d)/, '')
    .replace(/\d+/g, '')
    .replace(/[._]+/g, '');
  return `${repositoryName(image.reference.repository)} ${words}`;
}

function mostPlacesFirst(
  [versionA, a]: readonly [string, readonly DeclaredImage[]],
  [versionB, b]: readonly [string, readonly DeclaredImage[]],
): number {
  return b.length - a.length || (versionA < versionB ? 1 : -1);
}
