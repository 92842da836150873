/** The largest prime below 2^16. Source: RFC 1950, Adler-32. */
const base = 65_521;

/** Tags named in the status, byte-descending. Source: Flux, `latestTagsCount`. */
const latestTagsMax = 10;

/** What a status says of a repository's tags. */
export type TagSummary = {
  /**
   * Decimal Adler-32 of the tags as a JSON list, byte-descending: what Flux publishes, so that a ledger can be
   * compared with any status.
   */
  readonly revision: string;
  readonly tagCount: number;
  readonly latestTags: readonly string[];
};

/** What a summary needs of one stretch of a list: stretches are summed up apart, and joined without their text. */
export type SummedTags = {
  /** Over `"tag"` joined by commas, byte-descending. */
  readonly sum: Sum;
  readonly tagCount: number;
  /** The last ones, last first. */
  readonly latestTags: readonly string[];
};

type Sum = { readonly a: number; readonly b: number; readonly length: number };

const emptySum: Sum = { a: 1, b: 0, length: 0 };

/** Sums up tags that are given byte-ascending, as the ledger lists them. */
export function sumTags(tags: readonly string[]): SummedTags {
  let a = 1;
  let b = 0;
  let length = 0;
  for (let index = tags.length - 1; index >= 0; index -= 1) {
    // ASCII without anything that JSON escapes. A tag has at most 128 characters, so the sums stay small numbers
    // until they are reduced; without a text put together, this takes a quarter of the time.
    const tag = tags[index] ?? '';
    a += quoteCode;
    b += a;
    for (let at = 0; at < tag.length; at += 1) {
      a += tag.charCodeAt(at);
      b += a;
    }
    a += quoteCode;
    b += a;
    if (index > 0) {
      a += commaCode;
      b += a;
    }
    a %= base;
    b %= base;
    length += tag.length + (index > 0 ? 3 : 2);
  }
  const latestTags = tags.slice(-latestTagsMax).toReversed();
  return { sum: { a, b, length: length % base }, tagCount: tags.length, latestTags };
}

const quoteCode = 0x22;
const commaCode = 0x2c;

/** The summary of a list from its stretches, which are given in its order. */
export function summarizeTags(stretches: readonly SummedTags[]): TagSummary {
  let sum = emptySum;
  let tagCount = 0;
  const latestTags: string[] = [];
  for (const stretch of stretches.toReversed()) {
    if (stretch.tagCount === 0) continue;
    sum = join(tagCount === 0 ? sum : join(sum, comma), stretch.sum);
    tagCount += stretch.tagCount;
    latestTags.push(...stretch.latestTags.slice(0, latestTagsMax - latestTags.length));
  }
  const whole = join(join(sumOf('['), sum), sumOf(']'));
  return { revision: String(whole.b * 65_536 + whole.a), tagCount, latestTags };
}

function sumOf(char: string): Sum {
  const a = (1 + char.charCodeAt(0)) % base;
  return { a, b: a, length: 1 };
}

const comma = sumOf(',');

/** The sum of two texts, one after the other. Source: zlib, adler32_combine. */
function join(first: Sum, second: Sum): Sum {
  const a = (first.a + second.a - 1 + base) % base;
  const b = (first.b + second.b + second.length * (first.a - 1 + base)) % base;
  return { a, b, length: (first.length + second.length) % base };
}
