/** What answers on a node of each cloud: metadata servers and agents, by plain HTTP. */
import { type FakeAnswer, type FakePart, type FakeRequest, json } from './cloud-request.ts';
import { type FakeAwsState, issueKeys } from './fake-aws.ts';
import { type FakeAzureState, issueAccessToken } from './fake-azure.ts';
import { type FakeGoogleState, issueToken } from './fake-google.ts';

export type FakeNodeState = {
  readonly aws: FakeAwsState;
  readonly azure: FakeAzureState;
  readonly google: FakeGoogleState;
};

const imdsToken = 'imds-session-token';
/** What the agent of EKS Pod Identity wants to see. */
export const agentToken = 'pod-identity-token';

export function fakeNode(state: FakeNodeState): FakePart {
  return (request) =>
    instanceMetadata(state, request) ??
    podIdentity(state, request) ??
    managedIdentity(state, request) ??
    googleMetadata(state, request);
}

/** Source: EC2, "Instance Metadata Service Version 2". */
function instanceMetadata(
  { aws }: FakeNodeState,
  { url, method, headers }: FakeRequest,
): FakeAnswer | undefined {
  if (!url.pathname.startsWith('/latest/')) return undefined;
  if (url.pathname === '/latest/api/token') {
    const isAsked = method === 'PUT' && headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined;
    return { status: isAsked ? 200 : 400, body: isAsked ? imdsToken : '' };
  }
  if (headers['x-aws-ec2-metadata-token'] !== imdsToken) return { status: 401, body: '' };
  const folder = '/latest/meta-data/iam/security-credentials/';
  if (url.pathname === folder) return { status: 200, body: 'node-role' };
  if (url.pathname !== `${folder}node-role`) return { status: 404, body: '' };
  return json({ Code: 'Success', ...credentialsOf(aws) });
}

/** Source: EKS, "Pod Identity Agent"; ECS, "Task IAM role". */
function podIdentity({ aws }: FakeNodeState, { url, headers }: FakeRequest): FakeAnswer | undefined {
  if (url.pathname !== '/v1/credentials') return undefined;
  if (headers['authorization'] !== agentToken) return json({ message: 'not authorized' }, 401);
  return json(credentialsOf(aws));
}

function credentialsOf(aws: FakeAwsState) {
  const { accessKeyId, secretAccessKey, sessionToken } = issueKeys(aws);
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: '2099-01-01T00:00:00Z',
  };
}

/** Source: Azure Instance Metadata Service. */
function managedIdentity({ azure }: FakeNodeState, { url, headers }: FakeRequest): FakeAnswer | undefined {
  if (!/^\/metadata\/identity\/oauth2\/token\/?$/.test(url.pathname)) return undefined;
  const isWhole =
    headers['metadata'] === 'true' &&
    url.searchParams.get('api-version') === '2018-02-01' &&
    url.searchParams.get('resource') === 'https://containerregistry.azure.net';
  const isKnown = url.searchParams.get('client_id') !== 'unknown';
  if (!isWhole || !isKnown)
    return json({ error: 'invalid_request', error_description: 'Identity not found' }, 400);
  return json({ access_token: issueAccessToken(azure), expires_in: '86399' });
}

/** Source: Compute Engine and GKE, "metadata server". */
function googleMetadata({ google }: FakeNodeState, { url, headers }: FakeRequest): FakeAnswer | undefined {
  const [, path] = /^\/computeMetadata\/v1\/(.*)$/.exec(url.pathname) ?? [];
  if (path === undefined) return undefined;
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, body: '' };
  const texts: Readonly<Record<string, string>> = {
    // What its own library looks for to know that it is there.
    instance: 'attributes/',
    'project/project-id': 'team-project',
    'instance/attributes/cluster-location': 'europe-west1',
    'instance/attributes/cluster-name': 'prod',
    'instance/service-accounts/default/token': JSON.stringify({
      access_token: issueToken(google, 'node'),
      expires_in: 3599,
      token_type: 'Bearer',
    }),
  };
  const text = texts[path];
  const flavored = { 'metadata-flavor': 'Google' };
  return text === undefined
    ? { status: 404, body: '', headers: flavored }
    : { status: 200, body: text, headers: flavored };
}
