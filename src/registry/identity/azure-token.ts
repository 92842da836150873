import type { Environment } from '../config/proxy.ts';
import { addressIn } from './address-variable.ts';
import { askJson, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudSurroundings } from './cloud-identity.ts';
import { CloudIdentityError } from './errors.ts';
import { tokenAt } from './foreign-json.ts';
import { readTokenFile } from './identity-file.ts';

/** For registries of every cloud of Azure. Source: azcontainerregistry, `cloud_config.go`. */
const resource = 'https://containerregistry.azure.net';

/** Where a registry's cloud issues tokens, unless AZURE_AUTHORITY_HOST says otherwise. */
const authorities: Readonly<Record<string, string>> = {
  cn: 'https://login.chinacloudapi.cn/',
  us: 'https://login.microsoftonline.us/',
};
const publicAuthority = 'https://login.microsoftonline.com/';

type Client = { readonly tenantId: string; readonly clientId: string };

/**
 * Who this process is to Azure: a client secret, the federated token of workload identity, the managed identity of
 * the node. The first that is set up is used. No program is run.
 * @throws CloudIdentityError
 */
export async function findAzureToken(host: string, cloud: CloudSurroundings): Promise<string> {
  const { env } = cloud;
  const tenantId = env['AZURE_TENANT_ID'] ?? '';
  const clientId = env['AZURE_CLIENT_ID'] ?? '';
  const secret = env['AZURE_CLIENT_SECRET'] ?? '';
  const file = env['AZURE_FEDERATED_TOKEN_FILE'] ?? '';
  if (tenantId !== '' && clientId !== '' && secret !== '') {
    return trade(host, cloud, { tenantId, clientId, secret });
  }
  if (tenantId !== '' && clientId !== '' && file !== '') {
    const assertion = await readTokenFile(file, 'AZURE_FEDERATED_TOKEN_FILE');
    return trade(host, cloud, { tenantId, clientId, assertion });
  }
  return askManagedIdentity(clientId, cloud);
}

/** Source: Microsoft identity platform, client credentials with a secret or a federated credential. */
export async function trade(
  host: string,
  { env, ask }: Pick<CloudSurroundings, 'env' | 'ask'>,
  { tenantId, clientId, ...proof }: Client & ({ readonly secret: string } | { readonly assertion: string }),
): Promise<string> {
  const shown =
    'secret' in proof
      ? { client_secret: proof.secret }
      : {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: proof.assertion,
        };
  const request: CloudRequest = {
    about: 'Microsoft Entra token',
    method: 'POST',
    url: new URL(`${encodeURIComponent(tenantId)}/oauth2/v2.0/token`, authorityOf(host, env)),
    form: { grant_type: 'client_credentials', client_id: clientId, scope: `${resource}/.default`, ...shown },
    secrets: ['secret' in proof ? proof.secret : proof.assertion],
  };
  return tokenAt(await askJson(ask, request), 'access_token') ?? Promise.reject(unanswered(request, noToken));
}

const noToken = 'answered without a token';

function authorityOf(host: string, env: Environment): URL {
  const own = authorities[host.split('.').at(-1) ?? ''] ?? publicAuthority;
  return addressIn(env, 'AZURE_AUTHORITY_HOST') ?? new URL(own);
}

/** Source: Azure Instance Metadata Service, "Get a token using HTTP". */
async function askManagedIdentity(clientId: string, { env, askNode }: CloudSurroundings): Promise<string> {
  const base =
    addressIn(env, 'AZURE_POD_IDENTITY_AUTHORITY_HOST', 'http') ?? new URL('http://169.254.169.254/');
  const url = new URL('metadata/identity/oauth2/token', base);
  url.searchParams.set('api-version', '2018-02-01');
  url.searchParams.set('resource', resource);
  if (clientId !== '') url.searchParams.set('client_id', clientId);
  const request: CloudRequest = {
    about: 'Azure managed identity',
    method: 'GET',
    url,
    headers: { metadata: 'true' },
  };
  try {
    return (
      tokenAt(await askJson(askNode, request), 'access_token') ?? Promise.reject(unanswered(request, noToken))
    );
  } catch (cause) {
    if (!(cause instanceof CloudIdentityError)) throw cause;
    const message = `no Azure identity: none in AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE or AZURE_CLIENT_SECRET; ${cause.message}`;
    throw new CloudIdentityError('IDENTITY_ABSENT', message, {
      hint: 'label the pod azure.workload.identity/use: "true" and annotate its ServiceAccount, or give the nodes a managed identity',
      retryable: true,
      cause,
    });
  }
}
