import { askJson, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudSurroundings } from './cloud-identity.ts';
import { CloudIdentityError } from './errors.ts';
import { isForeignJson, type Json, jsonAt, tokenAt } from './foreign-json.ts';
import { exchange, googleScopes, impersonate, tokenOf } from './gcp-exchange.ts';
import type { GoogleToken } from './gcp-token.ts';
import { readIdentityFile } from './identity-file.ts';

const variable = 'GOOGLE_APPLICATION_CREDENTIALS';

/** How long a signed assertion is good for: the longest Google takes. */
const assertionSeconds = 3600;

/**
 * A service account's key, or a configuration of workload identity federation. One that would run a program, or
 * trade keys of AWS, is refused. Source: Google AIP-4112, AIP-4117.
 * @throws CloudIdentityError
 */
export async function tokenOfCredentialFile(path: string, cloud: CloudSurroundings): Promise<GoogleToken> {
  const text = await readIdentityFile(path, variable);
  const file = parse(text);
  const type = String(file['type']).slice(0, 40);
  if (type === 'service_account') return tokenOfKey(file, cloud);
  if (type === 'external_account') return tokenOfFederation(file, cloud);
  throw invalid(
    `has the type ${JSON.stringify(type)}`,
    'use a service_account key or an external_account file',
  );
}

/** Source: RFC 7523; Google, "Using OAuth 2.0 for Server to Server Applications". */
async function tokenOfKey(file: Json, { ask, clock }: CloudSurroundings): Promise<GoogleToken> {
  const url = urlAt(file, 'token_uri', 'https://oauth2.googleapis.com/token');
  const issuer = tokenAt(file, 'client_email');
  const key = file['private_key'];
  if (issuer === undefined || typeof key !== 'string')
    throw invalid('has no client_email or private_key', anewHint);
  const issuedAt = Math.floor(clock.now() / 1000);
  const claims = {
    iss: issuer,
    scope: googleScopes.join(' '),
    aud: url.href,
    iat: issuedAt,
    exp: issuedAt + assertionSeconds,
  };
  const assertion = await signJwt(
    { alg: 'RS256', typ: 'JWT', kid: tokenAt(file, 'private_key_id') },
    claims,
    key,
  );
  const request: CloudRequest = {
    about: 'Google token for a service account key',
    method: 'POST',
    url,
    form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
    secrets: [assertion],
  };
  return tokenOf(request, await askJson(ask, request), clock.now());
}

async function signJwt(header: object, claims: object, key: string): Promise<string> {
  const { createSign } = await import('node:crypto');
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode(header)}.${encode(claims)}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
  } catch {
    // The error may quote what stands there.
    throw invalid('holds a private_key that cannot be used', anewHint);
  }
}

async function tokenOfFederation(file: Json, cloud: CloudSurroundings): Promise<GoogleToken> {
  const audience = tokenAt(file, 'audience');
  if (audience === undefined) throw invalid('has no audience', anewHint);
  const token = await exchange(cloud, {
    audience,
    subjectToken: await subjectTokenOf(jsonAt(file, 'credential_source'), cloud),
    subjectTokenType: tokenAt(file, 'subject_token_type'),
    tokenUrl: urlAt(file, 'token_url', 'https://sts.googleapis.com/v1/token'),
  });
  if (file['service_account_impersonation_url'] === undefined) return token;
  return impersonate(cloud, { email: '', token, url: urlAt(file, 'service_account_impersonation_url') });
}

async function subjectTokenOf(source: Json, { askNode }: CloudSurroundings): Promise<string> {
  let text: string | undefined;
  if (typeof source['file'] === 'string') {
    text = await readIdentityFile(source['file'], `credential_source of ${variable}`);
  } else if (typeof source['url'] === 'string') {
    const headers = Object.fromEntries(
      Object.entries(jsonAt(source, 'headers')).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    const request: CloudRequest = {
      about: 'Google subject token',
      method: 'GET',
      url: urlAt(source, 'url'),
      headers,
      secrets: Object.values(headers),
    };
    text = (await askNode(request)).text.trim();
    if (text === '') throw unanswered(request, 'answered nothing');
  }
  if (text === undefined) {
    throw invalid(
      'takes its token from neither a file nor a URL',
      'programs and keys of AWS are not used here',
    );
  }
  const format = jsonAt(source, 'format');
  if (format['type'] !== 'json') return text;
  const token = tokenAt(parse(text), String(format['subject_token_field_name']));
  if (token === undefined) throw invalid('names a field that its subject token does not have', anewHint);
  return token;
}

function urlAt(file: Json, key: string, fallback?: string): URL {
  const text = file[key] ?? fallback;
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null) throw invalid(`has a ${key} that is not a URL`, anewHint);
  return url;
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isForeignJson(value)) return value;
  } catch {
    // The parser's message would quote the file, which holds a key.
  }
  throw invalid('is no JSON object', anewHint);
}

const anewHint =
  'download it anew, or make it anew with: gcloud iam workload-identity-pools create-cred-config';

function invalid(says: string, hint: string): CloudIdentityError {
  return new CloudIdentityError('IDENTITY_INVALID', `the file that ${variable} names ${says}`, { hint });
}
