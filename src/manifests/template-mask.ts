/** Stands for every character of a template's output, whatever it will be. A private-use character: no file holds it. */
const maskCharacter = '\uE000';

/** How an action opens, and closes: Go's `{{ }}`, and Jinja's `{% %}` and `{# #}`, which print nothing. */
const openings = /\{\{|\{%|\{#/g;
const closings: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}', '{#': '#}' };

/** Actions that print nothing themselves: what stands between them is read as if they were not there. */
const controlAction =
  /^\{[%#]|^\{\{-?\s*(?:\/\*|(?:if|else|end|range|with|define|block|break|continue|\$\w+\s*:?=|- )(?![\w.]))/;

/** Masked text for a person to read: what a template will print is `{{…}}`. */
export function showMasked(text: string): string {
  return text.replace(/\uE000+/g, '{{…}}');
}

export function hasTemplateActions(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

/** Whether actions stand where YAML has none: at the start of a line, so that the text cannot be YAML as it is. */
export function hasControlLines(text: string): boolean {
  return /^[ \t]*\{[{%]/m.test(text);
}

/**
 * A template's text with every action covered, every other character at its place: control actions and lines
 * that hold nothing but actions become blank, printing ones a run of {@link maskCharacter}. What is left can
 * often be read as YAML; what an action prints stays unknown.
 */
export function maskTemplate(text: string): string {
  const pieces: string[] = [];
  // Openings that never close from here on: looking for the end of each would take the square of the length.
  const endless = new Set<string>();
  let at = 0;
  for (const { index: open, 0: opening } of text.matchAll(openings)) {
    if (open < at || endless.has(opening)) continue;
    const end = actionEnd(text, open, opening);
    if (end === -1) {
      endless.add(opening);
      continue;
    }
    const action = text.slice(open, end);
    pieces.push(text.slice(at, open), cover(action, isAlone(text, open, end) || controlAction.test(action)));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

/** Behind the end of the action that opens here; a comment may hold `}}` itself. */
function actionEnd(text: string, open: number, opening: string): number {
  const isComment = /^\{\{-?\s*\/\*/.test(text.slice(open, open + 16));
  const from = isComment ? text.indexOf('*/', open) : open;
  const close = from === -1 ? -1 : text.indexOf(closings[opening] ?? '}}', from);
  return close === -1 ? -1 : close + 2;
}

/** Whether nothing but white space and other actions stand on the action's lines. */
function isAlone(text: string, open: number, end: number): boolean {
  const before = text.slice(Math.max(0, open - lineLengthMax), open);
  const after = text.slice(end, end + lineLengthMax);
  const lineStart = before.lastIndexOf('\n') + 1;
  const newline = after.indexOf('\n');
  if (lineStart === 0 && open > lineLengthMax) return false;
  if (newline === -1 && after.length === lineLengthMax) return false;
  const around = before.slice(lineStart) + (newline === -1 ? after : after.slice(0, newline));
  // A list's dash may stand before it: what the action prints may be the first lines of a map.
  return /^[\s-]*$/.test(withoutActions(withoutActions(around, '{{'), '{%'));
}

/** Without the actions that open so. By searching, not by a pattern: unclosed ones would cost a square. */
function withoutActions(text: string, opening: string): string {
  let rest = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf(opening, at);
    const close = open === -1 ? -1 : text.indexOf(closings[opening] ?? '}}', open);
    if (close === -1) return rest + text.slice(at);
    rest += text.slice(at, open);
    at = close + 2;
  }
}

/** Longer lines are data, and looking around every action of one would take the square of its length. */
const lineLengthMax = 2000;

function cover(action: string, isBlank: boolean): string {
  return action.replace(/[^\r\n]/g, isBlank ? ' ' : maskCharacter);
}
