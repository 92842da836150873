import { BytePieces } from './byte-pieces.ts';
import { ClusterError } from './errors.ts';
import { isForeignObject, textAt } from './foreign-value.ts';

/**
 * What the splitter gives back: each object of a list by itself, and each document without its items, so that
 * a dump of any size needs the memory of its largest object.
 */
export type JsonPart =
  /**
   * An element of the document's `items`, or of a bare array, with the kind of its list (`PodList`) where
   * that stands before the items, `''` otherwise.
   */
  | { readonly kind: 'item'; readonly value: unknown; readonly listKind: string }
  /** The document itself, its `items` emptied: a list's `kind` and `metadata.continue`, or a single object. */
  | { readonly kind: 'document'; readonly value: unknown }
  /** A line of kubectl's own between documents: an error or warning that went into the same file. */
  | { readonly kind: 'notice'; readonly text: string };

/** Deepest nesting. Kubernetes objects stay below 40, deeply nested custom resources included. */
const depthMax = 250;

/** Longest line kubectl writes beside JSON that is worth reading. */
const noticeBytesMax = 4096;

const logsStart = '==== START logs for container';
const logsEnd = Buffer.from('==== END logs for container');

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;

/** 1 for bytes that say where an object begins or ends. */
const structural = new Uint8Array(256);
for (const byte of [quote, openBrace, closeBrace, openBracket, closeBracket, colon]) structural[byte] = 1;

/**
 * Splits a stream of JSON documents: one List, several of them one after another, single objects, an array of
 * objects, and `kubectl cluster-info dump` with container logs between. Feed it bytes with `push`, then call
 * `end`. Both give what became whole.
 * @throws ClusterError `SNAPSHOT_UNREADABLE` (with the byte), `SNAPSHOT_TOO_LARGE`
 */
export class JsonSplitter {
  /** Closers expected, innermost last. */
  readonly #closers = new Uint8Array(depthMax);
  #depth = 0;
  /** Bytes before the chunk at hand. */
  #offset = 0;
  #isInString = false;
  #isEscaped = false;
  /** The text of the last string at depth 1, as far as it may be `items`. */
  #key = '';
  #followsColon = false;
  /** Depth at which list elements stand; 0 while in no list. */
  #elementDepth = 0;
  #isBareArray = false;
  #isInItem = false;
  #listKind = '';
  #item = new BytePieces();
  #document = new BytePieces();
  #line: number[] | undefined;
  #logsTail: Buffer | undefined;
  #parts: JsonPart[] = [];

  push(chunk: Buffer): readonly JsonPart[] {
    this.#parts = [];
    let keepFrom = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#logsTail !== undefined) {
        at = this.#skipLogs(chunk, at);
        keepFrom = at;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (this.#line !== undefined) {
        this.#readLine(byte, at);
        keepFrom = at + 1;
      } else if (this.#isInString) {
        at = this.#readString(chunk, at);
      } else if (this.#depth > 1 && structural[byte] === 0) {
        // Nine bytes of ten: numbers, words and white space inside an object.
        at = pastPlain(chunk, at + 1);
        continue;
      } else if (this.#depth === 0 && byte !== openBrace && byte !== openBracket) {
        if (!isSpace(byte)) this.#line = [byte];
        keepFrom = at + 1;
      } else {
        keepFrom = this.#readStructure(chunk, at, keepFrom);
      }
      at += 1;
    }
    this.#keep(chunk, keepFrom, chunk.length);
    this.#offset += chunk.length;
    return this.#parts;
  }

  end(): readonly JsonPart[] {
    this.#parts = [];
    if (this.#line !== undefined) this.#readLine(newline, 0);
    if (this.#depth > 0) {
      throw unreadable(`it ends in the middle of an object, at byte ${this.#offset}`, {
        hint: 'the file is cut off: take the dump again and look whether kubectl or the disk complained',
      });
    }
    return this.#parts;
  }

  /** One byte outside strings. Answers from where the bytes of this chunk are still to be kept. */
  #readStructure(chunk: Buffer, at: number, keepFrom: number): number {
    const byte = chunk[at] ?? 0;
    switch (byte) {
      case quote:
        this.#isInString = true;
        if (this.#depth === 1) this.#key = '';
        return keepFrom;
      case colon:
        if (this.#depth === 1) this.#followsColon = true;
        return keepFrom;
      case openBrace:
      case openBracket:
        return this.#open(chunk, at, keepFrom, byte);
      case closeBrace:
      case closeBracket:
        return this.#close(chunk, at, keepFrom, byte);
      default:
        if (this.#depth === 1 && !isSpace(byte)) this.#followsColon = false;
        return keepFrom;
    }
  }

  #open(chunk: Buffer, at: number, keepFrom: number, byte: number): number {
    if (this.#depth >= depthMax) {
      throw unreadable(`objects are nested deeper than ${depthMax} at byte ${this.#offset + at}`);
    }
    const opensItems =
      this.#depth === 1 && byte === openBracket && this.#followsColon && this.#key === 'items';
    const opensArray = this.#depth === 0 && byte === openBracket;
    const opensItem = this.#elementDepth > 0 && this.#depth === this.#elementDepth && !this.#isInItem;
    this.#followsColon = false;
    this.#closers[this.#depth] = byte === openBrace ? closeBrace : closeBracket;
    this.#depth += 1;
    if (opensItem) {
      this.#isInItem = true;
      return at;
    }
    if (opensItems || opensArray) {
      this.#keep(chunk, keepFrom, at + 1);
      this.#elementDepth = this.#depth;
      this.#isBareArray = opensArray;
      this.#listKind = opensArray ? '' : kindOf(`${this.#document.peek()}]}`);
      return at + 1;
    }
    return keepFrom;
  }

  #close(chunk: Buffer, at: number, keepFrom: number, byte: number): number {
    this.#followsColon = false;
    this.#depth -= 1;
    if (this.#closers[this.#depth] !== byte) {
      throw unreadable(
        `expected ${JSON.stringify(String.fromCharCode(this.#closers[this.#depth] ?? 0))}, ` +
          `got ${JSON.stringify(String.fromCharCode(byte))} at byte ${this.#offset + at}`,
      );
    }
    if (this.#isInItem && this.#depth === this.#elementDepth) {
      this.#keep(chunk, keepFrom, at + 1);
      this.#isInItem = false;
      this.#parts.push({ kind: 'item', value: this.#parse(this.#item, at), listKind: this.#listKind });
      return at + 1;
    }
    if (!this.#isInItem && this.#depth === this.#elementDepth - 1) {
      this.#elementDepth = 0;
      keepFrom = at;
    }
    if (this.#depth > 0) return keepFrom;
    this.#keep(chunk, keepFrom, at + 1);
    const value = this.#parse(this.#document, at);
    if (!this.#isBareArray) this.#parts.push({ kind: 'document', value });
    this.#isBareArray = false;
    return at + 1;
  }

  /** To the last byte of the string, or past the chunk. */
  #readString(chunk: Buffer, from: number): number {
    const isKey = this.#depth === 1;
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === quote) {
        this.#isInString = false;
        if (isKey) this.#followsColon = false;
        return at;
      }
      if (isKey && this.#key.length < 8) this.#key += String.fromCharCode(byte);
      if (byte !== backslash) continue;
      at += 1;
      this.#isEscaped = at >= chunk.length;
    }
    return chunk.length;
  }

  #readLine(byte: number, at: number): void {
    const line = this.#line ?? [];
    if (byte !== newline) {
      if (line.length < noticeBytesMax) line.push(byte);
      return;
    }
    this.#line = undefined;
    const text = Buffer.from(line).toString('utf8').trim();
    if (text.startsWith(logsStart)) this.#logsTail = Buffer.alloc(0);
    else if (/^(?:error|warning)\b/i.test(text)) this.#parts.push({ kind: 'notice', text });
    else {
      throw unreadable(
        `expected a JSON object, got ${JSON.stringify(text.slice(0, 80))} near byte ${this.#offset + at}`,
      );
    }
  }

  /** Past the end marker and its line; the marker may be cut by a chunk's end, and a log need not end its line. */
  #skipLogs(chunk: Buffer, from: number): number {
    const tail = this.#logsTail ?? Buffer.alloc(0);
    const window = Buffer.concat([tail, chunk.subarray(from)]);
    const marker = window.indexOf(logsEnd);
    if (marker === -1) {
      this.#logsTail = Buffer.from(window.subarray(-(logsEnd.length - 1)));
      return chunk.length;
    }
    const lineEnd = window.indexOf(newline, marker);
    if (lineEnd === -1) {
      this.#logsTail = Buffer.from(window.subarray(marker));
      return chunk.length;
    }
    this.#logsTail = undefined;
    return from + lineEnd + 1 - tail.length;
  }

  /** Keeps what belongs to the item or document at hand; what stands between list elements is dropped. */
  #keep(chunk: Buffer, from: number, to: number): void {
    if (from >= to) return;
    if (this.#isInItem) this.#item.add(chunk.subarray(from, to));
    else if (this.#elementDepth === 0) this.#document.add(chunk.subarray(from, to));
  }

  #parse(pieces: BytePieces, at: number): unknown {
    const text = pieces.take();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw unreadable(`the object that ends at byte ${this.#offset + at} is not JSON`, { cause });
    }
  }
}

/** The kind in the head of a list. A head that is no JSON is reported when its document ends. */
function kindOf(head: string): string {
  try {
    const value: unknown = JSON.parse(head);
    return isForeignObject(value) ? (textAt(value, 'kind') ?? '') : '';
  } catch {
    return '';
  }
}

function pastPlain(chunk: Buffer, from: number): number {
  let at = from;
  while (at < chunk.length && structural[chunk[at] ?? 0] === 0) at += 1;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09;
}

function unreadable(message: string, details: { hint?: string; cause?: unknown } = {}): ClusterError {
  return new ClusterError('SNAPSHOT_UNREADABLE', message, details);
}
