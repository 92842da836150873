import { clusterToken, type FakeAnswer, type FakePart, type FakeRequest, json } from './cloud-request.ts';
import { type KeyPair, wrongSignature } from './signature-check.ts';

/** What the fake AWS knows. */
export type FakeAwsState = {
  /** Role by the subject of the cluster's tokens that may assume it. */
  readonly roles: Map<string, string>;
  /** Key pairs it issued or was told of, with their session tokens. */
  readonly keys: Map<string, KeyPair & { readonly sessionToken?: string }>;
  /** Passwords of ECR by registry host's region: what `isShown` takes. */
  readonly passwords: Map<string, string>;
  readonly lifetimeSeconds: number;
};

export function makeAwsState(): FakeAwsState {
  return { roles: new Map(), keys: new Map(), passwords: new Map(), lifetimeSeconds: 43_200 };
}

/** STS and ECR, of every region. Does not model: policies, pages, repositories' own permissions. */
export function fakeAws(state: FakeAwsState, now: () => number): FakePart {
  return (request) => {
    const [, service = '', region = ''] =
      /^(sts|api\.ecr|api\.ecr-public)\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|c2s\.ic\.gov)$/.exec(
        request.host,
      ) ?? [];
    if (service === 'sts') return assumeRole(state, request, now);
    if (service !== '') return authorizationToken(state, request, { service, region }, now);
    return undefined;
  };
}

/** Source: STS, `AssumeRoleWithWebIdentity`, protocol query. */
function assumeRole(state: FakeAwsState, { form, method }: FakeRequest, now: () => number): FakeAnswer {
  if (
    method !== 'POST' ||
    form.get('Action') !== 'AssumeRoleWithWebIdentity' ||
    form.get('Version') !== '2011-06-15'
  ) {
    return refuse('InvalidAction', 'no such action');
  }
  if (!/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')) {
    return refuse('ValidationError', 'RoleSessionName fails to satisfy constraint');
  }
  const token = clusterToken(form.get('WebIdentityToken') ?? '');
  if (token === undefined || !token.audiences.includes('sts.amazonaws.com')) {
    return refuse('InvalidIdentityToken', 'Incorrect token audience');
  }
  if (state.roles.get(token.subject) !== form.get('RoleArn')) {
    return refuse('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
  }
  const pair = issueKeys(state);
  const fields = Object.entries({
    AccessKeyId: pair.accessKeyId,
    SecretAccessKey: pair.secretAccessKey,
    SessionToken: pair.sessionToken,
    Expiration: new Date(now() + 3_600_000).toISOString(),
  }).map(([name, value]) => `<${name}>${value}</${name}>`);
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>\n  ${fields.join('\n  ')}\n</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  };
}

export function issueKeys(state: FakeAwsState): Required<KeyPair> & { readonly sessionToken: string } {
  const number = state.keys.size;
  const pair = {
    accessKeyId: `ASIAFAKE${number}`,
    secretAccessKey: `fake/secret+key${number}`,
    sessionToken: `fake/session+token==${number}`,
  };
  state.keys.set(pair.accessKeyId, pair);
  return pair;
}

/** Source: ECR and ECR Public, `GetAuthorizationToken`, protocol JSON 1.1. */
function authorizationToken(
  state: FakeAwsState,
  request: FakeRequest,
  { service, region }: { readonly service: string; readonly region: string },
  now: () => number,
): FakeAnswer {
  const isPublic = service === 'api.ecr-public';
  const target = isPublic ? 'SpencerFrontendService' : 'AmazonEC2ContainerRegistry_V20150921';
  if (request.headers['x-amz-target'] !== `${target}.GetAuthorizationToken`) {
    return json({ __type: 'UnknownOperationException' }, 400);
  }
  const keyId = /Credential=([^/]+)\//.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
  const pair = state.keys.get(keyId);
  if (pair === undefined) {
    return json(
      {
        __type: 'UnrecognizedClientException',
        message: 'The security token included in the request is invalid.',
      },
      400,
    );
  }
  const wrong =
    pair.sessionToken !== undefined && request.headers['x-amz-security-token'] !== pair.sessionToken
      ? 'the session token is missing'
      : wrongSignature(
          {
            method: request.method,
            path: request.url.pathname,
            query: request.url.search.slice(1),
            headers: request.headers,
            body: request.body,
          },
          pair,
          { region, service: service.replace('api.', '') },
        );
  if (wrong !== undefined) return json({ __type: 'InvalidSignatureException', message: wrong }, 400);
  const password = `ecr-password-${state.passwords.size}`;
  state.passwords.set(password, isPublic ? 'public' : region);
  const data = {
    authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
    expiresAt: now() / 1000 + state.lifetimeSeconds,
  };
  return json({ authorizationData: isPublic ? data : [data] });
}

function refuse(code: string, message: string, status = 400): FakeAnswer {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}
