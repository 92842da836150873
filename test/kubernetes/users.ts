import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Users = {
  /** Bearer token by user. */
  readonly tokens: ReadonlyMap<string, string>;
  /** What kube-apiserver reads: a token, a user and its groups in each line. */
  readonly tokenFile: string;
  /** Path of a kubeconfig whose one context and user have this name; `admin` unless told. */
  readonly kubeconfig: (user?: string) => string;
  /** Makes a token that the server knows already one of `tokens`, with a kubeconfig. */
  addToken(user: string, token: string): Promise<void>;
};

/** Where the server is, and the folder that users' files go to. */
export type UsersPlace = { readonly folder: string; readonly url: string; readonly caFile: string };

/** `admin`, who may do everything, and further users by name with their groups. */
export async function makeUsers(
  { folder, url, caFile }: UsersPlace,
  further: Readonly<Record<string, readonly string[]>>,
): Promise<Users> {
  const tokens = new Map<string, string>();
  const kubeconfig = (user = 'admin') => join(folder, `${user.replaceAll(/[^\w-]/g, '-')}.kubeconfig`);
  const addToken = async (user: string, token: string) => {
    tokens.set(user, token);
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': user,
      clusters: [{ name: user, cluster: { server: url, 'certificate-authority': caFile } }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: user, context: { cluster: user, user } }],
    });
    await writeFile(kubeconfig(user), text, { mode: 0o600 });
  };
  const lines: string[] = [];
  for (const [user, groups] of Object.entries({ admin: ['system:masters'], ...further })) {
    const token = randomBytes(16).toString('hex');
    await addToken(user, token);
    lines.push(`${token},${user},${user},"${groups.join(',')}"\n`);
  }
  const tokenFile = join(folder, 'tokens.csv');
  await writeFile(tokenFile, lines.join(''), { mode: 0o600 });
  return { tokens, tokenFile, kubeconfig, addToken };
}
