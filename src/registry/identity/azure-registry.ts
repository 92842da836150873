import type { CloudRegistry } from '../config/cloud-registry.ts';
import type { TlsOptions } from '../endpoint.ts';
import type { AccountClaims } from './account-claims.ts';
import { findAzureToken, trade } from './azure-token.ts';
import { askJson, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudAccount, CloudSurroundings, IssuedCredential } from './cloud-identity.ts';
import { isForeignJson, secondsAt, tokenAt } from './foreign-json.ts';

type AzureAccount = CloudAccount<Extract<AccountClaims, { provider: 'azure' }>>;

/** What federated credentials of Microsoft Entra expect. Source: Azure AD Workload Identity. */
const audience = 'api://AzureADTokenExchange';

/** The user of every refresh token. Source: Azure, `az acr login --expose-token`. */
const username = '00000000-0000-0000-0000-000000000000';

/** @throws CloudIdentityError */
export async function issueAcrCredential(
  { host }: CloudRegistry,
  account: AzureAccount | undefined,
  cloud: CloudSurroundings & { readonly tls: TlsOptions },
): Promise<IssuedCredential> {
  const token =
    account === undefined
      ? await findAzureToken(host, cloud)
      : await trade(host, cloud, {
          ...account.claims,
          assertion: await account.requestToken(audience, cloud.signal),
        });
  // Source: ACR, "Authenticate with Azure", POST /oauth2/exchange. Asked as the registry is, with its certificates.
  const request: CloudRequest = {
    about: 'Azure Container Registry exchange',
    method: 'POST',
    url: new URL(`https://${host}/oauth2/exchange`),
    form: { grant_type: 'access_token', service: host, access_token: token },
    tls: cloud.tls,
    secrets: [token],
  };
  const refreshToken = tokenAt(await askJson(cloud.ask, request), 'refresh_token');
  const expiresAt = refreshToken === undefined ? undefined : expiryOf(refreshToken);
  if (refreshToken === undefined || expiresAt === undefined) {
    throw unanswered(request, 'answered without a refresh token that says when it ends');
  }
  return { credential: { kind: 'basic', username, password: refreshToken }, expiresAt };
}

/** `exp` of a JWT, unverified: only the registry that issued it reads it. */
function expiryOf(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const seconds = isForeignJson(claims) ? secondsAt(claims, 'exp') : undefined;
    return seconds === undefined ? undefined : seconds * 1000;
  } catch {
    return undefined;
  }
}
