import { createVerify } from 'node:crypto';
import { clusterToken, type FakeAnswer, type FakePart, type FakeRequest, json } from './cloud-request.ts';

/** What the fake Google knows. */
export type FakeGoogleState = {
  /** Audience by the subject of the cluster's tokens it takes. */
  readonly subjects: Map<string, string>;
  /** Subject that may act as a service account, by its email. */
  readonly accounts: Map<string, string>;
  /** Public keys of service accounts, by email: PEM. */
  readonly keys: Map<string, string>;
  /** Access tokens it gave, and who they are of. */
  readonly tokens: Map<string, string>;
};

export function makeGoogleState(): FakeGoogleState {
  return { subjects: new Map(), accounts: new Map(), keys: new Map(), tokens: new Map() };
}

/** STS, IAM Credentials and OAuth. Does not model: scopes' effect, quotas, pools' conditions. */
export function fakeGoogle(state: FakeGoogleState, now: () => number): FakePart {
  return (request) => {
    switch (request.host) {
      case 'sts.googleapis.com':
        return exchange(state, request);
      case 'iamcredentials.googleapis.com':
        return impersonate(state, request, now);
      case 'oauth2.googleapis.com':
        return tokenForKey(state, request, now);
      default:
        return undefined;
    }
  };
}

/** Source: Google STS, `POST /v1/token` (RFC 8693). */
function exchange(state: FakeGoogleState, { form, url }: FakeRequest): FakeAnswer {
  const isWhole =
    url.pathname === '/v1/token' &&
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange' &&
    form.get('requested_token_type') === 'urn:ietf:params:oauth:token-type:access_token' &&
    form.get('subject_token_type') === 'urn:ietf:params:oauth:token-type:jwt' &&
    (form.get('scope') ?? '').split(' ').includes('https://www.googleapis.com/auth/cloud-platform');
  const token = clusterToken(form.get('subject_token') ?? '');
  if (!isWhole || token === undefined) return json({ error: 'invalid_request' }, 400);
  const audience = state.subjects.get(token.subject);
  // In GKE the token is for the pool, and the audience names the pool and the cluster.
  const pool = /^identitynamespace:([^:]+):/.exec(audience ?? '')?.[1] ?? audience;
  if (audience === undefined || form.get('audience') !== audience || !token.audiences.includes(pool ?? '')) {
    return json(
      { error: 'invalid_grant', error_description: 'The audience in ID Token does not match' },
      400,
    );
  }
  return json({ access_token: issueToken(state, token.subject), expires_in: 3600, token_type: 'Bearer' });
}

export function issueToken(state: FakeGoogleState, owner: string): string {
  const token = `ya29.google-token-${state.tokens.size}`;
  state.tokens.set(token, owner);
  return token;
}

/** Source: IAM Credentials API, `generateAccessToken`. */
function impersonate(
  state: FakeGoogleState,
  { url, headers, body }: FakeRequest,
  now: () => number,
): FakeAnswer {
  const email = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url.pathname)?.[1];
  const owner = state.tokens.get((headers['authorization'] ?? '').replace(/^Bearer /, ''));
  const wish: unknown = JSON.parse(body);
  const isWhole = typeof wish === 'object' && wish !== null && 'scope' in wish && Array.isArray(wish.scope);
  const account = decodeURIComponent(email ?? '');
  if (!isWhole || owner === undefined || state.accounts.get(account) !== owner) {
    const message = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource";
    return json({ error: { code: 403, message, status: 'PERMISSION_DENIED' } }, 403);
  }
  const expireTime = new Date(now() + 3_600_000).toISOString();
  return json({ accessToken: issueToken(state, account), expireTime });
}

/** Source: RFC 7523. */
function tokenForKey(state: FakeGoogleState, { form, url }: FakeRequest, now: () => number): FakeAnswer {
  const [header = '', payload = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const claims: { iss?: string; aud?: string; exp?: number } = JSON.parse(
    Buffer.from(payload, 'base64url').toString('utf8') || '{}',
  );
  const key = state.keys.get(claims.iss ?? '');
  const isSigned =
    key !== undefined &&
    createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(key, signature, 'base64url');
  const isGood =
    isSigned &&
    url.pathname === '/token' &&
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
    claims.aud === 'https://oauth2.googleapis.com/token' &&
    (claims.exp ?? 0) * 1000 > now();
  if (!isGood) return json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400);
  return json({ access_token: issueToken(state, claims.iss ?? ''), expires_in: 3599, token_type: 'Bearer' });
}
