import { RegistryError } from '../errors.ts';
import { writtenRank } from '../http/address.ts';
import { type HttpRequest, hostOf } from '../http/http.ts';

/**
 * Where a registry sends us for a token, if we may go there.
 *
 * A registry's own word decides the host (`registry-1.docker.io` names `auth.docker.io`, and no list could
 * hold every such pair): the credential shown there is the one meant for this registry, which could ask for
 * it by itself. What is refused is the way: with a credential, a realm must be reached by TLS; by plain HTTP
 * only where the registry itself is spoken to so by the user's wish, and on the same host or this machine.
 *
 * @throws RegistryError `NOT_A_REGISTRY`, `CREDENTIAL_WITHHELD`
 */
export function realmOf(request: HttpRequest, text: string | undefined, hasCredential: boolean): URL {
  if (text === undefined || !URL.canParse(text)) {
    throw new RegistryError(
      'NOT_A_REGISTRY',
      `${request.about}: ${hostOf(request.url)} asks for a token and does not say where to get it`,
      { hint: 'this is for whoever runs the registry to put right' },
    );
  }
  const realm = new URL(text);
  realm.username = '';
  realm.password = '';
  realm.hash = '';
  if (realm.protocol === 'https:') return realm;
  const isAllowed = realm.protocol === 'http:' && (!hasCredential || isPlainByWish(request.url, realm));
  if (isAllowed) return realm;
  throw new RegistryError(
    'CREDENTIAL_WITHHELD',
    `${request.about}: ${hostOf(request.url)} wants the credential sent to ${realm.protocol}//${hostOf(realm)}, which is not safe`,
    { hint: 'the token server must be reached by https://; nothing was sent' },
  );
}

function isPlainByWish(registry: URL, realm: URL): boolean {
  if (registry.protocol !== 'http:') return false;
  const bothHere = writtenRank(registry.hostname) === 3 && writtenRank(realm.hostname) === 3;
  return bothHere || registry.hostname === realm.hostname;
}
