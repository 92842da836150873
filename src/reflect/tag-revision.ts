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

/** Takes tags byte-ascending, as the ledger lists them; memory does not grow with their number. */
export interface TagSummarizer {
  add(tag: string): void;
  summary(): TagSummary;
}

/**
 * The checksum runs over the descending list, so each tag stands before all that came earlier: sums of two
 * pieces of text are joined without having the text. Source: zlib, adler32_combine.
 */
export function makeTagSummarizer(): TagSummarizer {
  // Sums over `"tag"` joined by commas, without the brackets.
  let sum = { a: 1, b: 0, length: 0 };
  let tagCount = 0;
  const latest: string[] = [];
  return {
    add(tag) {
      const piece = sumOf(tagCount === 0 ? `"${tag}"` : `"${tag}",`);
      sum = tagCount === 0 ? piece : join(piece, sum);
      tagCount += 1;
      latest.push(tag);
      if (latest.length > latestTagsMax) latest.shift();
    },
    summary() {
      const tags = tagCount === 0 ? sumOf('') : sum;
      const whole = join(join(sumOf('['), tags), sumOf(']'));
      return {
        revision: String(whole.b * 65_536 + whole.a),
        tagCount,
        latestTags: latest.toReversed(),
      };
    },
  };
}

type Sum = { readonly a: number; readonly b: number; readonly length: number };

/** Of ASCII text; tags have no other characters, and none that JSON escapes. */
function sumOf(text: string): Sum {
  let a = 1;
  let b = 0;
  for (let at = 0; at < text.length; at += 1) {
    // A tag has at most 128 characters: far below where these would lose a digit.
    a += text.charCodeAt(at);
    b += a;
  }
  return { a: a % base, b: b % base, length: text.length % base };
}

function join(first: Sum, second: Sum): Sum {
  const a = (first.a + second.a - 1 + base) % base;
  const b = (first.b + second.b + second.length * (first.a - 1 + base)) % base;
  return { a, b, length: (first.length + second.length) % base };
}
