import type { EpochMs } from '../../clock.ts';
import type { CloudRegistry } from '../config/cloud-registry.ts';
import type { AccountClaims } from './account-claims.ts';
import type { AwsCredentials } from './aws-answer.ts';
import { findAwsCredentials } from './aws-credentials.ts';
import { apiEndpoint } from './aws-endpoint.ts';
import { assumeRoleWithWebIdentity } from './aws-sts.ts';
import { askJson, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudAccount, CloudSurroundings, IssuedCredential } from './cloud-identity.ts';
import { isForeignJson, type Json, jsonAt, secondsAt, tokenAt } from './foreign-json.ts';

type EcrRegistry = Extract<CloudRegistry, { provider: 'aws' }>;
type AwsAccount = CloudAccount<Extract<AccountClaims, { provider: 'aws' }>>;

/** As Flux asks for it. Source: EKS, "IAM roles for service accounts". */
const audience = 'sts.amazonaws.com';

/** @throws CloudIdentityError */
export async function issueEcrCredential(
  registry: EcrRegistry,
  account: AwsAccount | undefined,
  cloud: CloudSurroundings,
): Promise<IssuedCredential> {
  const credentials =
    account === undefined
      ? await findAwsCredentials(registry, cloud)
      : await assumeRoleWithWebIdentity(registry, cloud, {
          roleArn: account.claims.roleArn,
          sessionName: `holdfast.${account.namespace}.${account.name}`,
          token: await account.requestToken(audience, cloud.signal),
        });
  const request = await sign(requestFor(registry, cloud), registry, credentials, cloud.clock.now());
  const answer = await askJson(cloud.ask, request);
  const issued = credentialOf(answer);
  if (issued === undefined) throw unanswered(request, 'answered without a credential');
  return issued;
}

type EcrRequest = CloudRequest & {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Source: ECR and ECR Public, `GetAuthorizationToken`, protocol JSON 1.1. */
function requestFor(registry: EcrRegistry, { env }: CloudSurroundings): EcrRequest {
  const target = registry.isPublic ? 'SpencerFrontendService' : 'AmazonEC2ContainerRegistry_V20150921';
  return {
    about: `AWS ${registry.isPublic ? 'ECR Public' : 'ECR'} GetAuthorizationToken`,
    method: 'POST',
    url: apiEndpoint(serviceOf(registry), registry, env),
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${target}.GetAuthorizationToken`,
    },
    body: '{}',
  };
}

function serviceOf({ isPublic }: EcrRegistry): 'ecr' | 'ecr-public' {
  return isPublic ? 'ecr-public' : 'ecr';
}

/** Signature version 4. The library is loaded only where AWS is asked. */
async function sign(
  request: EcrRequest,
  registry: EcrRegistry,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  now: EpochMs,
): Promise<EcrRequest> {
  const { AwsV4Signer } = await import('aws4fetch');
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url.href,
    headers: request.headers,
    body: request.body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: serviceOf(registry),
    region: registry.region,
    datetime: new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/g, ''),
  });
  const { headers } = await signer.sign();
  const secrets = [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])];
  return { ...request, headers: Object.fromEntries(headers), secrets };
}

/** `authorizationToken` is Basic's text, of the user AWS and a password that lasts twelve hours. */
function credentialOf(answer: Json): IssuedCredential | undefined {
  const list = answer['authorizationData'];
  const first: unknown = Array.isArray(list) ? list[0] : list;
  const data = isForeignJson(first) ? first : jsonAt(answer, 'authorizationData');
  const token = tokenAt(data, 'authorizationToken');
  const seconds = secondsAt(data, 'expiresAt');
  if (token === undefined || seconds === undefined) return undefined;
  const [, username = '', password = ''] =
    /^([^:]+):([\x21-\x7e]+)$/.exec(Buffer.from(token, 'base64').toString('utf8')) ?? [];
  if (password === '') return undefined;
  return { credential: { kind: 'basic', username, password }, expiresAt: seconds * 1000 };
}
