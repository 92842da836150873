/** A piece of a selector: a sign, a word, or its end (the empty text). */
type Token = { readonly kind: 'sign' | 'word' | 'end'; readonly text: string };

const tokenPattern = /[ \t\r\n]*(?:(?<sign>==|!=|[=!(),<>])|(?<word>[^=!(),<> \t\r\n]+))/gy;

/** A name of a label, or a value that is not empty. */
const namePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Numbers are compared as int64; a minus sign cannot begin a label's value. */
const numberMax = 2n ** 63n - 1n;

/**
 * Why an API server would refuse a label selector; undefined where it would not. Requirements with a comma between
 * them: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, `a>1`.
 * Source: k8s.io/apimachinery/pkg/labels, `Parse`.
 */
export function findSelectorProblem(text: string): string | undefined {
  const tokens = tokensOf(text);
  try {
    checkSelector(makeReader(tokens));
    return undefined;
  } catch (error) {
    if (error instanceof SelectorProblem) return error.message;
    throw error;
  }
}

class SelectorProblem extends Error {}

type Reader = { peek(): Token; take(): Token };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of text.matchAll(tokenPattern)) {
    if (groups['sign'] === undefined) tokens.push({ kind: 'word', text: groups['word'] ?? '' });
    else tokens.push({ kind: 'sign', text: groups['sign'] });
  }
  return tokens;
}

function makeReader(tokens: readonly Token[]): Reader {
  const end: Token = { kind: 'end', text: '' };
  let at = 0;
  return {
    peek: () => tokens[at] ?? end,
    take: () => tokens[at++] ?? end,
  };
}

function checkSelector(reader: Reader): void {
  if (reader.peek().kind === 'end') return;
  for (;;) {
    checkRequirement(reader);
    const after = reader.take();
    if (after.kind === 'end') return;
    if (after.text !== ',') throw unexpected(after, '"," or its end');
  }
}

function checkRequirement(reader: Reader): void {
  const isDenied = isSign(reader.peek(), '!');
  if (isDenied) reader.take();
  const key = reader.take();
  if (key.kind !== 'word') throw unexpected(key, 'a label');
  checkKey(key.text);
  const next = reader.peek();
  if (isDenied || next.kind === 'end' || isSign(next, ',')) return;
  const operator = reader.take().text;
  if (operator === 'in' || operator === 'notin') return checkValues(reader);
  if (!['=', '==', '!=', '<', '>'].includes(operator)) throw unexpected(next, 'in, notin, =, ==, !=, < or >');
  checkOneValue(reader, operator);
}

function checkOneValue(reader: Reader, operator: string): void {
  const next = reader.peek();
  const isEmpty = next.kind === 'end' || isSign(next, ',');
  const value = isEmpty ? '' : reader.take().text;
  if (!isEmpty && next.kind !== 'word') throw unexpected(next, 'a value');
  if (operator === '<' || operator === '>') checkNumber(value);
  checkValue(value);
}

/** Nothing between two signs is the empty value, also in `()`. */
function checkValues(reader: Reader): void {
  const open = reader.take();
  if (!isSign(open, '(')) throw unexpected(open, '"("');
  for (;;) {
    if (reader.peek().kind === 'word') checkValue(reader.take().text);
    const after = reader.take();
    if (isSign(after, ')')) return;
    if (!isSign(after, ',')) throw unexpected(after, '"," or ")"');
  }
}

function checkKey(key: string): void {
  const slash = key.lastIndexOf('/');
  const [prefix, name] = slash === -1 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  if (namePattern.test(name) && (prefix === undefined || prefixPattern.test(prefix))) return;
  throw new SelectorProblem(`${JSON.stringify(key)} cannot be a label`);
}

function checkValue(value: string): void {
  if (value === '' || namePattern.test(value)) return;
  throw new SelectorProblem(`${JSON.stringify(value)} cannot be a label's value`);
}

function checkNumber(value: string): void {
  if (!/^[0-9]{1,19}$/.test(value) || BigInt(value) > numberMax)
    throw new SelectorProblem(`${JSON.stringify(value)} is no number to compare with`);
}

function isSign(token: Token, text: string): boolean {
  return token.kind === 'sign' && token.text === text;
}

function unexpected({ kind, text }: Token, expected: string): SelectorProblem {
  return new SelectorProblem(
    `${kind === 'end' ? 'it ends' : JSON.stringify(text)} where ${expected} belongs`,
  );
}
