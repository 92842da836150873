import { askJson, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudSurroundings } from './cloud-identity.ts';
import { type Json, secondsAt, tokenAt } from './foreign-json.ts';
import type { GoogleToken } from './gcp-token.ts';

/** As Flux asks; a registry needs no more than reading, which the role of the identity limits it to. */
export const googleScopes = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/userinfo.email',
] as const;

const stsUrl = 'https://sts.googleapis.com/v1/token';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';

/** Longest a token is asked for: what Google gives without a policy that allows more. */
const lifetimeSeconds = 3600;

export type Exchange = {
  readonly audience: string;
  readonly subjectToken: string;
  readonly subjectTokenType?: string | undefined;
  /** Where another than Google's public cloud issues. */
  readonly tokenUrl?: URL | undefined;
};

type Asking = Pick<CloudSurroundings, 'ask' | 'clock'>;

/** A token of a cluster for one of Google. Source: RFC 8693; Google, "Workload Identity Federation". */
export async function exchange(
  { ask, clock }: Asking,
  { audience, subjectToken, subjectTokenType = jwtType, tokenUrl = new URL(stsUrl) }: Exchange,
): Promise<GoogleToken> {
  const request: CloudRequest = {
    about: 'Google STS token exchange',
    method: 'POST',
    url: tokenUrl,
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience,
      scope: googleScopes.join(' '),
      subject_token: subjectToken,
      subject_token_type: subjectTokenType,
    },
    secrets: [subjectToken],
  };
  return tokenOf(request, await askJson(ask, request), clock.now());
}

/** Acts as a service account of Google. Source: IAM Credentials API, `generateAccessToken`. */
export async function impersonate(
  { ask }: Asking,
  {
    email,
    token,
    url,
  }: { readonly email: string; readonly token: GoogleToken; readonly url?: URL | undefined },
): Promise<GoogleToken> {
  const host = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts';
  const request: CloudRequest = {
    about: 'Google IAM generateAccessToken',
    method: 'POST',
    url: url ?? new URL(`${host}/${encodeURIComponent(email)}:generateAccessToken`),
    headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: googleScopes, lifetime: `${lifetimeSeconds}s` }),
    secrets: [token.value],
  };
  const answer = await askJson(ask, request);
  const value = tokenAt(answer, 'accessToken');
  const expiresAt = Date.parse(tokenAt(answer, 'expireTime') ?? '');
  if (value === undefined || Number.isNaN(expiresAt)) throw unanswered(request, 'answered without a token');
  return { value, expiresAt };
}

/** Source: RFC 6749 section 5.1. @throws CloudIdentityError `IDENTITY_UNANSWERED` */
export function tokenOf(request: CloudRequest, answer: Json, now: number): GoogleToken {
  const value = tokenAt(answer, 'access_token');
  if (value === undefined) throw unanswered(request, 'answered without a token');
  return { value, expiresAt: now + (secondsAt(answer, 'expires_in') ?? 0) * 1000 };
}
