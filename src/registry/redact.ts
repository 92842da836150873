/**
 * Texts from outside, made fit to be shown: without the secrets this client knows, without what looks like
 * one, and without characters that steer a terminal.
 */
export interface Redactor {
  /** From now on this text is a secret. */
  addSecret(secret: string): void;
  redact(text: string): string;
}

/** Shorter texts are no secrets: hiding every `a` would hide the message. */
const secretLengthMin = 4;
/** A message longer than this helps nobody. */
const textLengthMax = 500;
/** Tokens kept in mind at once; the oldest is forgotten, long after it expired. */
const secretsMax = 10_000;

export function makeRedactor(): Redactor {
  const secrets = new Set<string>();
  return {
    addSecret(secret) {
      if (secret.length < secretLengthMin) return;
      secrets.add(secret);
      const [oldest] = secrets;
      if (secrets.size > secretsMax && oldest !== undefined) secrets.delete(oldest);
    },
    redact(text) {
      let shown = text;
      for (const secret of secrets) shown = shown.replaceAll(secret, '***');
      return redactPatterns(shown);
    },
  };
}

/** Queries of URLs (signed ones grant access), passwords in URLs, tokens with their scheme, JWTs. */
function redactPatterns(text: string): string {
  return text
    .slice(0, 4 * textLengthMax)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replace(/(https?:\/\/)[^\s/@"']*@/gi, '$1***@')
    .replace(/(https?:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/gi, '$1?***')
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 ***')
    .replace(/\beyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,2}/g, '***')
    .replace(
      /\b((?:refresh_|access_)?token|password|secret|signature|sig)(["']?\s*[=:]\s*["']?)[^\s&"',;}]+/gi,
      '$1$2***',
    )
    .slice(0, textLengthMax)
    .trim();
}
