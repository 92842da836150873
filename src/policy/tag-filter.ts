import { compileTagPattern } from './tag-pattern.ts';

/** Which tags a policy looks at, and the text it takes from each. Source: Flux `spec.filterTags`. */
export type TagFilterSpec = {
  /** RE2, unanchored; empty matches every tag. */
  readonly pattern: string;
  /** A Go `Expand` template over the pattern's groups; empty takes the tag itself. */
  readonly extract: string;
};

/** The value a policy ranks a tag by, or undefined where the tag does not match. */
export type TagFilter = (tag: string) => string | undefined;

type TemplatePart = { readonly text: string } | { readonly group: number } | { readonly name: string };

/** @throws PolicyError `FILTER_INVALID`, with Go's words */
export function compileTagFilter(spec: TagFilterSpec): TagFilter {
  if (spec.pattern === '' && spec.extract === '') return (tag) => tag;
  const pattern = compileTagPattern(spec.pattern);
  if (spec.extract === '') return (tag) => (pattern.test(tag) ? tag : undefined);
  const parts = parseTemplate(spec.extract).map((part) => numbered(part, pattern.names));
  return (tag) => {
    const groups = pattern.match(tag);
    if (groups === undefined) return undefined;
    let value = '';
    for (const part of parts) value += typeof part === 'string' ? part : firstText(groups, part);
    return value;
  };
}

/** Of the groups with one name, the first that took part. */
function firstText(groups: readonly (string | undefined)[], numbers: readonly number[]): string {
  for (const number of numbers) {
    const text = groups[number];
    if (text !== undefined) return text;
  }
  return '';
}

/**
 * What of a template a person can hardly want, to go on after it; undefined where nothing is. Flux takes it all the
 * same, and so does `compileTagFilter`.
 * @throws PolicyError `FILTER_INVALID`
 */
export function doubtTemplate(spec: TagFilterSpec): string | undefined {
  if (spec.extract === '') return undefined;
  const { names: groupNames } = compileTagPattern(spec.pattern);
  const isKnown = (part: TemplatePart) =>
    'group' in part ? part.group <= groupNames.length : 'name' in part && groupNames.includes(part.name);
  const parts = parseTemplate(spec.extract);
  const unknown = parts.filter((part) => !('text' in part) && !isKnown(part));
  const names = unknown.map((part) => ('name' in part ? part.name : 'group' in part ? part.group : ''));
  const given = new Set(groupNames.filter((name) => name !== undefined));
  const known = [0, ...groupNames.map((_, index) => index + 1), ...given];
  const empty = `takes an empty text for ${names.join(', ')}: the groups of the pattern are ${known.join(', ')}`;
  const text = parts.map((part) => ('text' in part ? part.text : '')).join('');
  const same = `makes one text of every tag, ${JSON.stringify(text)}`;
  const doubts = [...(unknown.length > 0 ? [empty] : []), ...(parts.some(isKnown) ? [] : [same])];
  return doubts.length === 0 ? undefined : doubts.join('; it ');
}

/** Whether any of these patterns occurs in a tag. @throws PolicyError `FILTER_INVALID` */
export function compileExclusions(patterns: readonly string[]): (tag: string) => string | undefined {
  const compiled = patterns.map((text) => ({ text, pattern: compileTagPattern(text) }));
  return (tag) => compiled.find(({ pattern }) => pattern.test(tag))?.text;
}

/** Literal text, or the numbers of the groups it may come from; of a group that is not there, none. */
function numbered(part: TemplatePart, names: readonly (string | undefined)[]): string | readonly number[] {
  if ('text' in part) return part.text;
  if ('group' in part) return [part.group];
  return names.flatMap((name, index) => (name === part.name ? [index + 1] : []));
}

/**
 * `$1`, `$name`, `${name}`, `$$`; the longest name counts, so `$1x` is the group "1x", which is none and so
 * empty; a `$` that begins none of these is itself. Source: Go regexp.Expand.
 */
function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let rest = template;
  while (rest !== '') {
    const dollar = rest.indexOf('$');
    if (dollar === -1) return [...parts, { text: rest }];
    if (dollar > 0) parts.push({ text: rest.slice(0, dollar) });
    rest = rest.slice(dollar);
    const match = /^\$(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+)|\$)/u.exec(rest);
    const name = match?.[1] ?? match?.[2];
    parts.push(name === undefined ? { text: '$' } : groupPart(name));
    rest = rest.slice(match?.[0].length ?? 1);
  }
  return parts;
}

function groupPart(name: string): TemplatePart {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? { group: Number(name) } : { name };
}
