// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from outside as a terminal may show it: a line feed, an escape sequence or a change of direction in a
 * file's name is spelled out (`\u000a`), so that it cannot draw over what we print.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
