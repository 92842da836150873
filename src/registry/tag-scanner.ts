import { RegistryError } from './errors.ts';

/**
 * Reads the tags out of a `tags/list` body as it comes: `{"name": "…", "tags": ["1.0", …]}`, members in any
 * order, others passed over. Written by hand because a general JSON stream takes three times as long; it
 * keeps no more than what one token has so far. It takes what `JSON.parse` takes and refuses what it
 * refuses, but for `tags` written twice, texts above the limits, and nesting beyond reason.
 */
export class TagScanner {
  /** The tags read so far. Callers may take them away. */
  readonly tags: string[] = [];
  readonly #about: string;
  readonly #tagBytesMax: number;
  /** Brackets that are open. */
  readonly #open: number[] = [];
  #expects: Expectation = 'value';
  #key = '';
  #seen = { name: false, tags: false };
  #isInTags = false;
  #kept: Buffer = Buffer.alloc(0);

  /** @param about what errors say the list is of */
  constructor(about: string, tagBytesMax: number) {
    this.#about = about;
    this.#tagBytesMax = tagBytesMax;
  }

  /** @throws RegistryError `TAGS_UNREADABLE` */
  write(chunk: Uint8Array): void {
    let bytes = asBuffer(chunk);
    if (this.#kept.length > 0) {
      // Only the seam is copied, not the chunk: the token in it mostly ends within a few bytes.
      const keptBytes = this.#kept.length;
      const seam = Buffer.concat([this.#kept, bytes.subarray(0, seamBytes)]);
      const read = this.#read(seam);
      bytes = read < keptBytes ? Buffer.concat([this.#kept, bytes]) : bytes.subarray(read - keptBytes);
    }
    this.#kept = Buffer.from(bytes.subarray(this.#read(bytes)));
    this.#limit(this.#kept.length);
  }

  /** @throws RegistryError `TAGS_UNREADABLE` where the body was cut short, or is no tag list */
  end(): void {
    if (this.#expects !== 'nothing' || this.#kept.length > 0) throw this.#unreadable('it ends in the middle');
    if (!this.#seen.tags && !this.#seen.name) throw this.#unreadable('it names neither repository nor tags');
  }

  /** Answers how many bytes it is done with: a token that may go on is left for the next chunk. */
  #read(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      if (byte === space || byte === newline || byte === carriageReturn || byte === tab) {
        at += 1;
      } else if (byte === quote) {
        const end = this.#readText(bytes, at);
        if (end === -1) return at;
        at = end;
      } else if (isPunctuation(byte)) {
        this.#readPunctuation(byte);
        at += 1;
      } else {
        const end = literalEnd(bytes, at);
        if (end === bytes.length) return at;
        this.#readLiteral(bytes.toString('latin1', at, end));
        at = end;
      }
    }
    return at;
  }

  /** Answers where it ends, or -1 where the chunk ends first. */
  #readText(bytes: Buffer, start: number): number {
    let end = start + 1;
    let isPlain = true;
    for (; ; end += 1) {
      if (end >= bytes.length) return -1;
      const byte = bytes[end] ?? 0;
      if (byte === quote) break;
      if (byte < space) throw this.#unreadable('a text holds a control character');
      if (byte === backslash) end += 1;
      if (byte === backslash || byte > 0x7e) isPlain = false;
    }
    this.#limit(end - start);
    this.#takeText(
      isPlain ? bytes.toString('latin1', start + 1, end) : this.#decode(bytes.subarray(start, end + 1)),
    );
    return end + 1;
  }

  #decode(token: Uint8Array): string {
    try {
      const text: unknown = JSON.parse(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(token),
      );
      return String(text);
    } catch {
      throw this.#unreadable('a text is not UTF-8, or escaped wrongly');
    }
  }

  #takeText(text: string): void {
    const expects = this.#expects;
    if (expects === 'key' || expects === 'first-key') {
      this.#key = text;
      this.#expects = 'colon';
      return;
    }
    this.#takeValue();
    if (this.#isInTags) this.tags.push(text);
    else if (this.#open.length === 1 && this.#key === 'tags') throw this.#unreadable('its tags are no list');
  }

  /** A value of any kind begins or stands here. */
  #takeValue(): void {
    if (this.#expects !== 'value' && this.#expects !== 'first-value') throw this.#unreadable('it is no JSON');
    if (this.#open.length === 0) throw this.#unreadable('it is no JSON object');
    this.#noteMember();
    this.#expects = 'comma';
  }

  #readLiteral(text: string): void {
    if (!literalPattern.test(text)) throw this.#unreadable('it is no JSON');
    this.#takeValue();
    const isTags = this.#open.length === 1 && this.#key === 'tags';
    // `null` is how Go writes an empty list.
    if (this.#isInTags || (isTags && text !== 'null')) throw this.#unreadable('a tag is no text');
  }

  #readPunctuation(byte: number): void {
    if (byte === openBrace || byte === openBracket) return this.#enter(byte);
    if (byte === closeBrace || byte === closeBracket) return this.#leave(byte);
    if (byte === colon && this.#expects === 'colon') this.#expects = 'value';
    else if (byte === comma && this.#expects === 'comma' && this.#open.length > 0) {
      this.#expects = this.#open.at(-1) === openBrace ? 'key' : 'value';
    } else throw this.#unreadable('it is no JSON');
  }

  #enter(byte: number): void {
    if (this.#isInTags) throw this.#unreadable('a tag is no text');
    if (this.#open.length === 0) {
      if (byte !== openBrace || this.#expects !== 'value') throw this.#unreadable('it is no JSON object');
    } else {
      this.#takeValue();
      this.#isInTags = this.#open.length === 1 && this.#key === 'tags';
      if (this.#isInTags && byte !== openBracket) throw this.#unreadable('its tags are no list');
    }
    this.#open.push(byte);
    if (this.#open.length > depthMax) throw this.#unreadable(`it is nested deeper than ${depthMax}`);
    this.#expects = byte === openBrace ? 'first-key' : 'first-value';
  }

  #leave(byte: number): void {
    const isObject = byte === closeBrace;
    const isDue = this.#expects === 'comma' || this.#expects === (isObject ? 'first-key' : 'first-value');
    if (!isDue || this.#open.pop() !== (isObject ? openBrace : openBracket))
      throw this.#unreadable('it is no JSON');
    this.#isInTags = false;
    this.#expects = this.#open.length === 0 ? 'nothing' : 'comma';
  }

  #noteMember(): void {
    if (this.#open.length !== 1) return;
    if (this.#key === 'tags' && this.#seen.tags) throw this.#unreadable('it names tags twice');
    if (this.#key === 'tags') this.#seen.tags = true;
    if (this.#key === 'name') this.#seen.name = true;
  }

  #limit(size: number): void {
    const bytesMax = this.#isInTags ? this.#tagBytesMax : memberBytesMax;
    if (size > bytesMax) throw this.#unreadable(`a text in it is longer than ${bytesMax} bytes`);
  }

  #unreadable(reason: string): RegistryError {
    return new RegistryError(
      'TAGS_UNREADABLE',
      `${this.#about}: the list of tags cannot be read: ${reason}`,
      {
        hint: 'a proxy or cache on the way may cut or replace it; what was read before counts for nothing',
        retryable: true,
      },
    );
  }
}

/** What may come next in the grammar of JSON (RFC 8259). */
type Expectation = 'value' | 'first-value' | 'first-key' | 'key' | 'colon' | 'comma' | 'nothing';

/** Longest text or number outside the list, in bytes: registries write the repository's name there. */
const memberBytesMax = 64 * 1024;
/** Bytes of a chunk looked at together with what is left of the one before. */
const seamBytes = 256;
/** Deepest nesting of a member that is passed over. */
const depthMax = 32;

const literalPattern = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

function isPunctuation(byte: number): boolean {
  return (
    byte === comma ||
    byte === colon ||
    byte === openBracket ||
    byte === closeBracket ||
    byte === openBrace ||
    byte === closeBrace
  );
}

/** A literal ends where something else begins that may follow one. */
function literalEnd(bytes: Buffer, start: number): number {
  let end = start;
  while (
    end < bytes.length &&
    (bytes[end] ?? 0) > space &&
    !isPunctuation(bytes[end] ?? 0) &&
    bytes[end] !== quote
  ) {
    end += 1;
  }
  return end === start ? start + 1 : end;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
