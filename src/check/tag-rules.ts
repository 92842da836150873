import type { Finding } from '../findings/finding.ts';
import { effectiveTag } from '../reference/reference.ts';
import { type DeclaredImage, findingAt } from './declared-image.ts';
import { tagShape } from './tag-shape.ts';

/** The rules that look at one reference by its text alone. A digest fixes the content, so nothing floats then. */
export function checkTag(image: DeclaredImage): readonly Finding[] {
  if (image.reference.digest !== undefined) return [];
  return [...shapeFinding(image), missingDigest(image)];
}

function missingDigest(image: DeclaredImage): Finding {
  return findingAt(
    image,
    'missing-digest',
    `${image.field.reference} names no digest`,
    'write the digest beside the tag: holdfast lock, then holdfast pin',
  );
}

function shapeFinding(image: DeclaredImage): readonly Finding[] {
  const written = image.field.reference;
  const tag = effectiveTag(image.reference) ?? 'latest';
  const shape = tagShape(tag);
  switch (shape) {
    case 'latest': {
      const how = image.reference.tag === undefined ? 'has no tag, which means latest' : `has the tag ${tag}`;
      return [
        findingAt(
          image,
          'latest-tag',
          `${written} ${how}`,
          'name a version, and pin its digest: holdfast pin',
        ),
      ];
    }
    case 'channel':
      return [floating(image, `${written} names no version: ${tag} can be pushed anew at any time`)];
    case 'major':
      return [floating(image, `${written} names every release of ${tag}, not one`)];
    case 'minor':
      // Some publishers release with two numbers (pause:3.9), so this is only worth a note.
      return [
        floating(image, `${written} has no patch number: for most publishers a line of releases`, 'note'),
      ];
    case 'number':
      return [
        findingAt(
          image,
          'suspicious-tag',
          `${written} has the bare number ${tag} as its tag: no version, no date`,
          'look whether a released version was meant; a semver policy would take this number for the newest',
        ),
      ];
    case 'exact':
      return [];
  }
}

function floating(image: DeclaredImage, message: string, severity?: Finding['severity']): Finding {
  const hint = 'name the full version, and pin its digest: holdfast lock, then holdfast pin';
  return findingAt(image, 'floating-tag', message, hint, severity);
}
