/** What a 401 asks for. Source: RFC 9110 §11.6.1. */
export type Challenge = {
  /** In lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Names in lower case, quotes and escapes taken off. */
  readonly parameters: ReadonlyMap<string, string>;
};

/** A header longer than this is read no further. */
const headerLengthMax = 8192;

/**
 * The challenges of a `WWW-Authenticate` header, in order. Takes several in one line, quoted and bare
 * values, missing commas and missing spaces; whatever is no challenge ends the reading.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, headerLengthMax);
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  // A name with `=` after it is a parameter of the challenge before; a name without is the next scheme.
  const part = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,"]*)))?/y;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [whole, name = '', quoted, bare] = match;
    if (!whole.includes('=')) {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
      continue;
    }
    const parameters = challenges.at(-1)?.parameters;
    const key = name.toLowerCase();
    if (parameters !== undefined && !parameters.has(key)) {
      parameters.set(key, quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1'));
    }
  }
  return challenges;
}
