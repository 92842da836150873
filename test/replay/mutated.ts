import { mutations } from './mutations.ts';

/**
 * The text of a module with the mutations that are for it; undefined where none is.
 * @throws Error where one no longer fits
 */
export function mutate(url: string, text: string): string | undefined {
  const own = mutations.filter(({ file }) => url.endsWith(`/src/${file}`));
  if (own.length === 0) return undefined;
  return own.reduce((mutated, { file, from, to }) => {
    if (!mutated.includes(from)) {
      throw new Error(`src/${file} no longer says ${JSON.stringify(from)}: mend test/replay/mutations.ts`);
    }
    return mutated.replace(from, () => to);
  }, text);
}
