import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { Credential, Keychain } from '../credential.ts';
import type { Redactor } from '../redact.ts';
import { basicAuthorization } from './token.ts';

/** Which credential is shown for a repository: the keychain's first that was not refused. */
export interface Credentials {
  find(repository: Repository): Promise<Credential | undefined>;
  /** The host does not take this one: from now on the next is given. */
  refuse(repository: Repository, credential: Credential): void;
}

/** Credentials tried for one repository before we go anonymously: a pod has few pull secrets. */
const refusedMax = 20;

type Held = { readonly refused: Credential[]; current: Promise<Credential | undefined> };

/** Asks the keychain once for each repository: a helper is a process. */
export function makeCredentials(keychain: Keychain, redactor: Redactor): Credentials {
  const held = new Map<string, Held>();

  const look = (repository: Repository, refused: readonly Credential[]): Held['current'] => {
    if (refused.length >= refusedMax) return Promise.resolve(undefined);
    // Without the signal of one request: the answer serves them all.
    const found = keychain.findCredential(repository, { refused });
    found.then(
      (credential) => keepSecret(redactor, credential),
      () => held.delete(repositoryName(repository)),
    );
    return found;
  };

  return {
    find(repository) {
      const name = repositoryName(repository);
      const known = held.get(name);
      if (known !== undefined) return known.current;
      const current = look(repository, []);
      held.set(name, { refused: [], current });
      return current;
    },
    refuse(repository, credential) {
      const known = held.get(repositoryName(repository));
      if (known === undefined || known.refused.includes(credential)) return;
      known.refused.push(credential);
      known.current = look(repository, known.refused);
    },
  };
}

function keepSecret(redactor: Redactor, credential: Credential | undefined): void {
  if (credential === undefined) return;
  redactor.addSecret(credential.kind === 'basic' ? credential.password : credential.token);
  if (credential.kind === 'basic') redactor.addSecret(basicAuthorization(credential).slice('Basic '.length));
}
