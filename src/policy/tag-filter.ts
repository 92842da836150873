import { RE2JS } from 're2js';
import { describeError } from '../errors.ts';
import { PolicyError } from './errors.ts';

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
  if (spec.pattern === '') return (tag) => tag;
  const pattern = compilePattern(spec.pattern);
  if (spec.extract === '') return (tag) => (pattern.test(tag) ? tag : undefined);
  const names = pattern.namedGroups();
  const parts = parseTemplate(spec.extract);
  return (tag) => {
    // Whether it matches is answered by a faster machine than what the groups hold.
    if (!pattern.test(tag)) return undefined;
    const matcher = pattern.matcher(tag);
    matcher.find();
    const groupOf = (index: number): string =>
      index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '';
    return parts.map((part) => expandPart(part, names, groupOf)).join('');
  };
}

/** Whether any of these patterns occurs in a tag. @throws PolicyError `FILTER_INVALID` */
export function compileExclusions(patterns: readonly string[]): (tag: string) => string | undefined {
  const compiled = patterns.map((text) => ({ text, pattern: compilePattern(text) }));
  return (tag) => compiled.find(({ pattern }) => pattern.test(tag))?.text;
}

function compilePattern(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (cause) {
    throw new PolicyError(
      'FILTER_INVALID',
      `invalid regular expression pattern '${text}': ${describeError(cause)}`,
      {
        hint: 'patterns are RE2, as Go has it: no lookaround, no backreferences',
        cause,
      },
    );
  }
}

function expandPart(
  part: TemplatePart,
  names: Readonly<Record<string, number>>,
  groupOf: (index: number) => string,
): string {
  if ('text' in part) return part.text;
  if ('group' in part) return groupOf(part.group);
  const index = names[part.name];
  return index === undefined ? '' : groupOf(index);
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
  return /^(?:0|[1-9][0-9]{0,7})$/.test(name) ? { group: Number(name) } : { name };
}
