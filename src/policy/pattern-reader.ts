/** A pattern that means something else to RegExp, or nothing that is known here. */
export class NotPlain extends Error {}

/** Goes through the text of a pattern from its beginning. */
export class Reader {
  readonly #text: string;
  #at = 0;
  /** The flag `i` stands before the pattern: capitals do not matter. */
  readonly isFolding: boolean;

  constructor(text: string) {
    this.#text = text;
    this.isFolding = this.takeMatch(/\(\?i\)/y) !== undefined;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get next(): string | undefined {
    return this.#text[this.#at];
  }

  take(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new NotPlain();
    this.#at += 1;
    return char;
  }

  /** Takes what a sticky pattern matches here. */
  takeMatch(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }
}
