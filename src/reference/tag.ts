import { ReferenceError } from './errors.ts';

declare const tagBrand: unique symbol;

/** A mutable label in a repository. Source: OCI distribution spec 1.1, "Pulling manifests": `<tag>`. */
export type Tag = string & { readonly [tagBrand]: true };

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

export function tryParseTag(text: string): Tag | undefined {
  return tagPattern.test(text) ? (text as Tag) : undefined;
}

/** @throws ReferenceError `TAG_INVALID` */
export function parseTag(text: string): Tag {
  const tag = tryParseTag(text);
  if (tag === undefined) {
    throw new ReferenceError('TAG_INVALID', `expected a tag, got ${JSON.stringify(text.slice(0, 160))}`, {
      hint: 'a tag has 1 to 128 characters of A-Z a-z 0-9 _ . - and starts with none of . and -',
    });
  }
  return tag;
}

/**
 * Whether a tag is how cosign or the referrers fallback attach things to a digest (`sha256-<hex>`,
 * `sha256-<hex>.sig`): such a tag names no version. Source: OCI distribution spec 1.1, "Referrers Tag Schema".
 */
export function isAttachmentTag(tag: string): boolean {
  return /^sha(256-[0-9a-f]{64}|512-[0-9a-f]{64,128})(\.[a-z]+)?$/.test(tag);
}
