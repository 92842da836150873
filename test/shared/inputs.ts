import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../shared/', import.meta.url);

/** An input that the repository may not hold: in the folder `shared` beside the checkout. */
export type SharedInput = {
  readonly path: string;
  /** Why it is not there; false where it is. */
  readonly missing: string | false;
};

/**
 * An input below `shared`. Whoever has a clone alone has none of them; where a machine has some, all must be there.
 * @throws Error in CI where `shared` is there and lacks it
 */
export function sharedInput(name: string): SharedInput {
  const path = fileURLToPath(new URL(name, folder));
  if (existsSync(path)) return { path, missing: false };
  if (process.env['CI'] === 'true' && existsSync(folder)) throw new Error(`no shared input at ${path}`);
  return { path, missing: `no shared inputs beside this checkout: ${name}` };
}
