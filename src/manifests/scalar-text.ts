import type { ImagePart, ScalarStyle } from './image-field.ts';

/** [start, end) of a text, in UTF-16 code units. */
export type Range = { readonly start: number; readonly end: number };

/**
 * Where the value of a part stands letter for letter. Undefined where it does not: written with escapes, or
 * folded over lines.
 */
export function findValueRange(text: string, part: ImagePart): Range | undefined {
  return text.slice(part.start, part.end) === part.value ? { start: part.start, end: part.end } : undefined;
}

/**
 * The key that a part is the value of, as far as the text right before it says. Undefined where no key
 * stands on the same line: a list item, a block scalar.
 */
export function findKeyBefore(text: string, part: ImagePart): string | undefined {
  const head = text.slice(Math.max(0, part.start - keyBeforeMax), part.start);
  return /([\w.-]+)(?:\\?["'])?[ \t]*:[ \t]*(?:[&!][^\s,[\]{}]+[ \t]+)*(?:\\?["'])?$/.exec(head)?.[1];
}

/**
 * Whether the scalar itself is an anchor that other places use for what they like. Of a map that is used
 * again as a whole, every use is the same image, and may change with it.
 */
export function isSharedScalar(text: string, part: ImagePart): boolean {
  if (part.aliases === undefined || part.aliases === 0) return false;
  const head = text.slice(Math.max(0, part.start - keyBeforeMax), part.start);
  return /&[^\s,[\]{}]+[ \t]+(?:![^\s,[\]{}]*[ \t]+)?(?:["']|[|>][-+0-9]*\s+)?$/.test(head);
}

/** Characters looked at before a value to find its key: longer than keys of image fields are. */
const keyBeforeMax = 300;

/**
 * Whether a plain scalar is read as something else than text. YAML 1.1's words and numbers too: Kubernetes,
 * Helm and kustomize read them so.
 */
function isPlainTyped(plain: string): boolean {
  return plainWords.test(plain) || plainNumber.test(plain) || plainDate.test(plain);
}

const plainWords = /^(?:~|null|true|false|yes|no|on|off|y|n|\.nan|[-+]?\.inf)?$/i;
const plainNumber =
  /^[-+]?(?:0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|(?:[0-9][0-9_]*)?\.?[0-9_]*(?:e[-+]?[0-9]+)?)$/i;
const plainDate = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}/;

/**
 * Whether a plain scalar reads differently from how it is written: `1.20` is 1.2, `1e3` is 1000, `yes` is
 * true, `0123` is 83. `16` and `0.1` come out as they went in.
 */
export function isChangedByReading(plain: string): boolean {
  if (!isPlainTyped(plain) || plainDate.test(plain)) return false;
  return String(Number(plain)) !== plain;
}

/**
 * A plain scalar that is to hold this text gets quotes where it would be read as something else: `tag: 1.20`
 * is the number 1.2. Undefined where the strings around it leave no kind of quote free.
 */
export function encodePlain(value: string, within: readonly ScalarStyle[] = []): string | undefined {
  if (!isPlainTyped(value)) return value;
  const quote = ['"', "'"].find((one) => !within.includes(one === '"' ? 'double' : 'single'));
  return quote === undefined ? undefined : quote + value + quote;
}

/** The line end the file uses just before a place, or anywhere; `\n` where it has none. */
export function lineEndNear(text: string, at: number): string {
  const after = /\r\n|\n|\r/.exec(text.slice(at));
  return (after ?? /\r\n|\n|\r/.exec(text))?.[0] ?? '\n';
}
