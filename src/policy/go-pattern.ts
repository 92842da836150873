/**
 * What Go's regexp takes and RE2JS does not: one name for several groups, of which a template takes the first that
 * took part, and the long names of Unicode's classes. Source: Go 1.26 regexp/syntax, which Flux is built with.
 */

/** A pattern as RE2JS takes it, the same for both where there is nothing to rewrite. */
export type RewrittenPattern = {
  readonly source: string;
  /** Names of the capturing groups from number 1, as far as the pattern is valid. */
  readonly names: readonly (string | undefined)[];
};

/** Quoted text, a class of Unicode's, any other escape, a class of POSIX's, brackets, the beginning of a group. */
const tokenPattern =
  /\\Q[^]*?(?:\\E|$)|\\([pP])(?:\{(\^?)([^}]*)\}|([^]))|\\[^]|\[:\^?[a-z]+:\]|\[\^?\]?|\]|\(\?P?<(\w+)>|\(\??/g;

export function rewritePattern(text: string): RewrittenPattern {
  const names: (string | undefined)[] = [];
  let isInClass = false;
  const source = text.replace(
    tokenPattern,
    (token, sign, not, long, letter, name: string | undefined, at: number) => {
      // At the end of a range there can be no class: what is left as it is will be refused.
      if (sign !== undefined && isInClass && text[at - 1] === '-') return token;
      if (sign !== undefined)
        return unicodeClass(token, sign === (not ? 'p' : 'P'), long ?? letter, isInClass);
      if (token.startsWith('\\') || token.startsWith('[:')) return token;
      if (isInClass || token.startsWith('[')) {
        // A bracket right after the opening one is a character of the class.
        isInClass = isInClass ? !token.endsWith(']') : true;
        return token;
      }
      if (token === '(?' || token === ']') return token;
      const isRepeated = name !== undefined && names.includes(name);
      names.push(name);
      return isRepeated ? '(' : token;
    },
  );
  return { source, names };
}

/** Go does not look at capitals in these names, nor at `_`, `-` and spaces. */
function unicodeClass(token: string, isNegated: boolean, name: string, isInClass: boolean): string {
  const key = name.toLowerCase().replaceAll(/[_ -]/g, '');
  if (key === 'ascii') {
    const posix = isNegated ? '[:^ascii:]' : '[:ascii:]';
    return isInClass ? posix : `[${posix}]`;
  }
  const known = categories[key] ?? capitalised(key);
  return known === undefined || known === name ? token : `\\${isNegated ? 'P' : 'p'}{${known}}`;
}

function capitalised(key: string): string | undefined {
  const name = key.charAt(0).toUpperCase() + key.slice(1);
  if (/^(?:any|assigned|[clmnpsz][a-z]?)$/.test(key)) return name;
  try {
    new RegExp(`\\p{Script=${name}}`, 'u');
    return name;
  } catch {
    return undefined;
  }
}

/** Source: Unicode PropertyValueAliases.txt, General_Category. */
const categories: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  lc: 'LC',
  casedletter: 'LC',
  closepunctuation: 'Pe',
  cntrl: 'Cc',
  combiningmark: 'M',
  connectorpunctuation: 'Pc',
  control: 'Cc',
  currencysymbol: 'Sc',
  dashpunctuation: 'Pd',
  decimalnumber: 'Nd',
  digit: 'Nd',
  enclosingmark: 'Me',
  finalpunctuation: 'Pf',
  format: 'Cf',
  initialpunctuation: 'Pi',
  letter: 'L',
  letternumber: 'Nl',
  lineseparator: 'Zl',
  lowercaseletter: 'Ll',
  mark: 'M',
  mathsymbol: 'Sm',
  modifierletter: 'Lm',
  modifiersymbol: 'Sk',
  nonspacingmark: 'Mn',
  number: 'N',
  openpunctuation: 'Ps',
  other: 'C',
  otherletter: 'Lo',
  othernumber: 'No',
  otherpunctuation: 'Po',
  othersymbol: 'So',
  paragraphseparator: 'Zp',
  privateuse: 'Co',
  punct: 'P',
  punctuation: 'P',
  separator: 'Z',
  spaceseparator: 'Zs',
  spacingmark: 'Mc',
  surrogate: 'Cs',
  symbol: 'S',
  titlecaseletter: 'Lt',
  unassigned: 'Cn',
  uppercaseletter: 'Lu',
});
