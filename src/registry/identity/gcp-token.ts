import type { EpochMs } from '../../clock.ts';
import type { CloudRegistry } from '../config/cloud-registry.ts';
import type { AccountClaims } from './account-claims.ts';
import type { CloudAccount, CloudSurroundings, IssuedCredential } from './cloud-identity.ts';
import { tokenOfCredentialFile } from './gcp-credential-file.ts';
import { exchange, impersonate } from './gcp-exchange.ts';
import { clusterOfMetadata, tokenOfMetadata } from './gcp-metadata.ts';

type GoogleAccount = CloudAccount<Extract<AccountClaims, { provider: 'gcp' }>>;

export type GoogleToken = { readonly value: string; readonly expiresAt: EpochMs };

/** The user of an access token. Source: Artifact Registry, "Set up authentication for Docker". */
const username = 'oauth2accesstoken';

/** At Google an access token is itself the credential of every registry. @throws CloudIdentityError */
export async function issueGoogleCredential(
  _registry: CloudRegistry,
  account: GoogleAccount | undefined,
  cloud: CloudSurroundings,
): Promise<IssuedCredential> {
  const token = account === undefined ? await findGoogleToken(cloud) : await tokenOfAccount(account, cloud);
  return { credential: { kind: 'basic', username, password: token.value }, expiresAt: token.expiresAt };
}

/** Who this process is to Google: a credential file, else the metadata server. Source: Google, "Application Default Credentials". */
function findGoogleToken(cloud: CloudSurroundings): Promise<GoogleToken> {
  const file = cloud.env['GOOGLE_APPLICATION_CREDENTIALS'] ?? '';
  return file === '' ? tokenOfMetadata(cloud) : tokenOfCredentialFile(file, cloud);
}

/** By the provider its annotation names, else by the one every GKE cluster has. */
async function tokenOfAccount(
  { claims, requestToken }: GoogleAccount,
  cloud: CloudSurroundings,
): Promise<GoogleToken> {
  const cluster = claims.audience === undefined ? await clusterOfMetadata(cloud) : undefined;
  const audience = claims.audience ?? cluster?.audience ?? '';
  const subjectToken = await requestToken(cluster?.pool ?? audience, cloud.signal);
  const federated = await exchange(cloud, { audience, subjectToken });
  return claims.email === undefined
    ? federated
    : impersonate(cloud, { email: claims.email, token: federated });
}
