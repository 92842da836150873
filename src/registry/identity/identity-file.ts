import { open } from 'node:fs/promises';
import { CloudIdentityError } from './errors.ts';

/** Bytes of a file of an identity: a token has 2 KiB, Google's credentials 3. */
const fileBytesMax = 256 * 1024;

/**
 * The text of a file that a variable names. Read anew each time: the kubelet renews tokens in place.
 * @throws CloudIdentityError `IDENTITY_INVALID`
 */
export async function readIdentityFile(path: string, variable: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(fileBytesMax + 1), 0, fileBytesMax + 1, 0);
      if (bytesRead > fileBytesMax) throw new Error(`has more than ${fileBytesMax} bytes`);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = code !== '' || !(cause instanceof Error) ? code || 'unreadable' : cause.message;
    throw new CloudIdentityError(
      'IDENTITY_INVALID',
      `the file that ${variable} names cannot be read: ${why}`,
      {
        hint: 'is it mounted into the pod?',
        cause,
      },
    );
  }
}

/** @throws CloudIdentityError `IDENTITY_INVALID` where the file holds no token */
export async function readTokenFile(path: string, variable: string): Promise<string> {
  const token = await readIdentityFile(path, variable);
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CloudIdentityError('IDENTITY_INVALID', `the file that ${variable} names holds no token`, {
    hint: 'is the projected token mounted?',
  });
}
