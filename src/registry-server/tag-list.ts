/** One answer's worth of tags. */
export type TagSlice = {
  /** The names as JSON, ready to be joined with commas. */
  readonly json: readonly Uint8Array[];
  readonly count: number;
  /** The last name in the slice, which the next page begins after. Absent where the slice is empty. */
  readonly last: string | undefined;
  readonly hasNext: boolean;
};

/** At rest a chunk is only its JSON: a million tags take their text's bytes and little more. */
type Chunk = {
  readonly first: string;
  readonly last: string;
  readonly count: number;
  /** `"a","b","c"`. */
  readonly json: Buffer;
};

/** Tags to a chunk: the page size clients ask for most, so that most pages are whole chunks, only copied. */
const chunkTags = 1000;

/** The tags of one repository in byte order, held as the JSON they are served as. */
export class TagList {
  #chunks: Chunk[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(tag: string): boolean {
    const chunk = this.#chunks[this.#chunkAt(tag)];
    return chunk !== undefined && tag >= chunk.first && namesOf(chunk).includes(tag);
  }

  /**
   * Adds many, in any order; those already there are not added twice. In byte order they become chunks as
   * they come, and only those that come late are held and sorted.
   */
  addMany(tags: Iterable<string>): void {
    const late: string[] = [];
    let names: string[] = [];
    let last = this.#chunks.at(-1)?.last;
    for (const tag of tags) {
      if (last !== undefined && tag <= last) {
        late.push(tag);
        continue;
      }
      last = tag;
      if (names.push(tag) === chunkTags) {
        this.#append(names);
        names = [];
      }
    }
    this.#append(names);
    if (late.length > 0) this.#rebuild([...this.names(), ...late]);
  }

  add(tag: string): void {
    const at = Math.min(this.#chunkAt(tag), Math.max(0, this.#chunks.length - 1));
    const chunk = this.#chunks[at];
    const names = chunk === undefined ? [] : namesOf(chunk);
    const index = lowerBound(names, tag);
    if (names[index] === tag) return;
    names.splice(index, 0, tag);
    const halves =
      names.length <= 2 * chunkTags ? [names] : [names.slice(0, chunkTags), names.slice(chunkTags)];
    this.#chunks.splice(at, 1, ...halves.map(makeChunk));
    this.#size += 1;
  }

  remove(tag: string): void {
    const at = this.#chunkAt(tag);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const names = namesOf(chunk);
    const kept = names.filter((name) => name !== tag);
    if (kept.length === names.length) return;
    this.#chunks.splice(at, 1, ...(kept.length === 0 ? [] : [makeChunk(kept)]));
    this.#size -= 1;
  }

  /** Removes every tag for which `isKept` is false. */
  keep(isKept: (tag: string) => boolean): void {
    const kept = [...this.names()].filter(isKept);
    if (kept.length < this.#size) this.#rebuild(kept);
  }

  /** At most `count` tags that come after `after` in byte order, whether or not `after` is there itself. */
  slice(after: string | undefined, count: number): TagSlice {
    const json: Uint8Array[] = [];
    let last: string | undefined;
    let taken = 0;
    let at = after === undefined ? 0 : this.#chunkAt(after);
    let from = after;
    for (; taken < count; at += 1) {
      const chunk = this.#chunks[at];
      if (chunk === undefined) break;
      const part = partOf(chunk, from, count - taken);
      from = undefined;
      if (part === undefined) continue;
      json.push(part.json);
      taken += part.count;
      last = part.last;
    }
    const end = this.#chunks.at(-1)?.last;
    return {
      json,
      count: taken,
      last,
      hasNext: last !== undefined && end !== undefined && last < end,
    };
  }

  *names(): Iterable<string> {
    for (const chunk of this.#chunks) yield* namesOf(chunk);
  }

  #append(names: readonly string[]): void {
    if (names.length > 0) this.#chunks.push(makeChunk(names));
    this.#size += names.length;
  }

  #rebuild(names: readonly string[]): void {
    const sorted = [...new Set(names)].sort();
    this.#chunks = [];
    this.#size = 0;
    for (let at = 0; at < sorted.length; at += chunkTags) this.#append(sorted.slice(at, at + chunkTags));
  }

  /** The chunk that holds the tag, or would: the first that ends at it or after it. */
  #chunkAt(tag: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.last ?? '') < tag) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function partOf(chunk: Chunk, after: string | undefined, count: number): Chunk | undefined {
  if ((after === undefined || after < chunk.first) && count >= chunk.count) return chunk;
  const names = namesOf(chunk);
  const begin = after === undefined ? 0 : lowerBound(names, after);
  const start = after !== undefined && names[begin] === after ? begin + 1 : begin;
  const part = names.slice(start, start + count);
  return part.length === 0 ? undefined : makeChunk(part);
}

function makeChunk(names: readonly string[]): Chunk {
  return {
    first: names[0] ?? '',
    last: names.at(-1) ?? '',
    count: names.length,
    json: Buffer.from(JSON.stringify(names).slice(1, -1)),
  };
}

function namesOf(chunk: Chunk): string[] {
  return JSON.parse(`[${chunk.json.toString()}]`) as string[];
}

function lowerBound(names: readonly string[], tag: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') < tag) low = middle + 1;
    else high = middle;
  }
  return low;
}
