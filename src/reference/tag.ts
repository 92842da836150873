import { ReferenceError } from './errors.ts';

declare const tagBrand: unique symbol;

/** A mutable label in a repository. Source: OCI distribution spec 1.1, "Pulling manifests": `<tag>`. */
export type Tag = string & { readonly [tagBrand]: true };

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const tagLengthMax = 128;

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

/** The first thing that keeps a text from being a tag. */
export type TagFault = {
  /** Goes on after "it": "has a space". One of a few dozen texts, so that faults can be counted by it. */
  readonly what: string;
  /** Where, for a person: "character 5", from 1, with the code where the character cannot be seen. */
  readonly where: string;
};

/** Undefined where the text is a tag. */
export function findTagFault(text: string): TagFault | undefined {
  if (tryParseTag(text) !== undefined) return undefined;
  if (text === '') return { what: 'is empty', where: 'no character' };
  if (/^[.-]/.test(text)) return { what: `begins with ${text.charAt(0)}`, where: 'character 1' };
  const at = text.search(/[^A-Za-z0-9_.-]/);
  if (at === -1) {
    return { what: `has more than ${tagLengthMax} characters`, where: `${text.length} characters` };
  }
  const code = text.codePointAt(at) ?? 0;
  const where = `character ${at + 1}`;
  if (code === 0x20) return { what: 'has a space', where };
  if (code > 0x20 && code < 0x7f) return { what: `has ${text.charAt(at)}`, where };
  const what = code < 0x80 ? 'has a control character' : 'has a character that is not ASCII';
  return { what, where: `${where}, U+${code.toString(16).toUpperCase().padStart(4, '0')}` };
}

/**
 * Whether a tag is how cosign or the referrers fallback attach things to a digest (`sha256-<hex>`,
 * `sha256-<hex>.sig`): such a tag names no version. Source: OCI distribution spec 1.1, "Referrers Tag Schema".
 */
export function isAttachmentTag(tag: string): boolean {
  return /^sha(256-[0-9a-f]{64}|512-[0-9a-f]{64,128})(\.[a-z]+)?$/.test(tag);
}
