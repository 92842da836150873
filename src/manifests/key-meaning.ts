/**
 * What a key says about its value. `image`: it is a reference. `images`: its items are. `mention`: it speaks
 * of images, so a value of clear shape is one. `none`: nothing.
 */
export type KeyMeaning = 'image' | 'images' | 'mention' | 'none';

/** Longest key looked at: longer ones are data. */
const keyLengthMax = 160;

/** Words behind `image` that still mean the whole reference: `imageName`, `image-ref`, `IMAGE_URI`. */
const wholeWords = wordSet(
  'name ref reference uri url full fullname override default spec pullspec address value fqin to',
  'from',
);
/** Words behind `image` that mean a part of it, or something about it. */
const partWords = wordSet(
  'tag tags digest digests sha sha256 registry registries repository repo pull policy policies',
  'secret secrets credentials size type format id ids version prefix suffix list stream streams',
  'cache gc hub org namespace project height width alt title class mirror mirrors key filter',
  'pattern references file dir folder owner family host domain base64 data',
);
/** Words before `image` that mean a picture, a disk or a machine; or a rule about images instead of one. */
const otherWords = wordSet(
  'os vm machine disk boot ami snapshot guest cloud raw iso volume background logo icon hero cover',
  'header banner social og card avatar profile featured thumbnail splash preview favicon brand',
  'exempt allowed allow denied deny blocked ignore ignored skip excluded exclude match matching',
  'forbidden disallowed restricted whitelist blacklist',
);

export function keyMeaning(key: string): KeyMeaning {
  if (key === 'image') return 'image';
  if (key.length > keyLengthMax || !/image|img/i.test(key) || /[\s()<>{}$]/.test(key)) return 'none';
  return wordsMeaning(keyWords(key));
}

function wordsMeaning(words: readonly string[]): KeyMeaning {
  const at = words.findLastIndex((word) => word === 'image' || word === 'images' || word === 'img');
  if (at === -1) return 'none';
  const behind = words.slice(at + 1);
  const before = words.slice(0, at);
  // OLM's `RELATED_IMAGE_REGISTRY` is an image of a registry.
  if (before.at(-1) === 'related') return words[at] === 'images' ? 'images' : 'image';
  if (behind.some((word) => partWords.has(word))) return 'none';
  if (before.some((word) => otherWords.has(word))) return 'none';
  if (behind.every((word) => wholeWords.has(word))) return words[at] === 'images' ? 'images' : 'image';
  return 'mention';
}

/** A key in lower-case words: `cephImage.repository` is ceph, image, repository; `V2_LAUNCHER_IMAGE` v2, launcher, image. */
export function keyWords(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** A set from lines of words. */
export function wordSet(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}
