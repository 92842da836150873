/** A program: prints the credential that a cloud's own library is given. Arguments: what, and where the libraries are. */
import { Agent } from 'node:https';
import { requireLibrary } from './libraries.ts';

const [what = '', from = ''] = process.argv.slice(2);

type Maker = new (
  options?: object,
) => {
  send(command: object): Promise<unknown>;
  getToken(scope: string): Promise<{ token: string }>;
  getAccessToken(): Promise<string>;
};

function make(
  library: Parameters<typeof requireLibrary>[1],
  name: string,
  options?: object,
): InstanceType<Maker> {
  return new (requireLibrary(from, library)[name] as Maker)(options);
}

/** AWS's library knows nothing of proxies. */
const proxied: object = { proxyEnv: process.env };
const requestHandler = { httpsAgent: new Agent(proxied) };

const scope = 'https://containerregistry.azure.net/.default';

const issuers: Readonly<Record<string, () => Promise<string>>> = {
  ecr: () => issueEcr('@aws-sdk/client-ecr', 'ECRClient', 'eu-west-1'),
  'ecr-public': () => issueEcr('@aws-sdk/client-ecr-public', 'ECRPUBLICClient', 'us-east-1'),
  'azure-federated': async () => {
    const options = { disableInstanceDiscovery: true };
    return (await make('@azure/identity', 'WorkloadIdentityCredential', options).getToken(scope)).token;
  },
  'azure-managed': async () =>
    (await make('@azure/identity', 'ManagedIdentityCredential').getToken(scope)).token,
  google: () =>
    make('google-auth-library', 'GoogleAuth', {
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    }).getAccessToken(),
};

async function issueEcr(
  library: '@aws-sdk/client-ecr' | '@aws-sdk/client-ecr-public',
  client: string,
  region: string,
): Promise<string> {
  const { fromNodeProviderChain } = requireLibrary(from, '@aws-sdk/credential-providers');
  const credentials = (fromNodeProviderChain as (options: object) => object)({
    clientConfig: { region, requestHandler },
  });
  const command = make(library, 'GetAuthorizationTokenCommand', {});
  const answer = (await make(library, client, { region, credentials, requestHandler }).send(command)) as {
    authorizationData: { authorizationToken: string } | readonly { authorizationToken: string }[];
  };
  const [data] = [answer.authorizationData].flat();
  return Buffer.from(data?.authorizationToken ?? '', 'base64')
    .toString('utf8')
    .replace(/^AWS:/, '');
}

const issuer = issuers[what];
if (issuer === undefined) throw new Error(`nothing is issued for ${what}`);
process.stdout.write(`${await issuer()}\n`);
