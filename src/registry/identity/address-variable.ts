import type { Environment } from '../config/proxy.ts';
import { CloudIdentityError } from './errors.ts';

/**
 * The address that a variable names, undefined where it is not set; a bare host is one of `scheme`.
 * @throws CloudIdentityError `IDENTITY_INVALID`
 */
export function addressIn(
  env: Environment,
  name: string,
  scheme: 'http' | 'https' = 'https',
): URL | undefined {
  const text = env[name] ?? '';
  if (text === '') return undefined;
  const url = URL.parse(text.includes('://') ? text : `${scheme}://${text}`);
  if (url === null) {
    throw new CloudIdentityError('IDENTITY_INVALID', `${name} is not an address`, {
      hint: 'correct or unset it',
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
