import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a key that signs the tokens of service accounts. @returns its file */
export async function serviceAccountKey(folder: string): Promise<string> {
  const file = join(folder, 'service-accounts.key');
  // SEC 1, since the API server does not take the public half of a key in PKCS 8.
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  await writeFile(file, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  return file;
}
