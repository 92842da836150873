import { clusterToken, type FakeAnswer, type FakePart, type FakeRequest, json } from './cloud-request.ts';

/** What the fake Azure knows. */
export type FakeAzureState = {
  /** `TENANT/CLIENT` by the subject of the cluster's tokens that may act as it. */
  readonly clients: Map<string, string>;
  /** Client secrets by `TENANT/CLIENT`. */
  readonly secrets: Map<string, string>;
  readonly accessTokens: Set<string>;
  /** Registry host by the refresh token it gave. */
  readonly refreshTokens: Map<string, string>;
};

export function makeAzureState(): FakeAzureState {
  return { clients: new Map(), secrets: new Map(), accessTokens: new Set(), refreshTokens: new Map() };
}

const scope = 'https://containerregistry.azure.net/.default';

/** Microsoft Entra of three clouds, and the exchange of a registry. Does not model: conditional access, roles. */
export function fakeAzure(state: FakeAzureState, now: () => number): FakePart {
  return (request) => {
    const isAuthority = /^login\.(?:microsoftonline\.com|microsoftonline\.us|chinacloudapi\.cn)$/.test(
      request.host,
    );
    if (isAuthority) return tokenOf(state, request);
    const isExchange =
      /\.azurecr\.(?:io|cn|us|de)$/.test(request.host) && request.url.pathname === '/oauth2/exchange';
    return isExchange ? exchange(state, request, now) : undefined;
  };
}

/** Source: Microsoft identity platform, client credentials. */
function tokenOf(state: FakeAzureState, { url, form, method }: FakeRequest): FakeAnswer {
  const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(url.pathname)?.[1];
  if (method !== 'POST' || tenant === undefined || form.get('grant_type') !== 'client_credentials') {
    return refuse('invalid_request', 'AADSTS900144: The request body is wrong');
  }
  if (form.get('scope') !== scope) return refuse('invalid_scope', 'AADSTS70011: The scope is not valid');
  const client = `${tenant}/${form.get('client_id')}`;
  const isKnown = form.has('client_secret')
    ? state.secrets.get(client) === form.get('client_secret')
    : isFederated(state, form, client);
  if (!isKnown)
    return refuse('invalid_client', 'AADSTS700213: No matching federated identity record found', 401);
  return json({ token_type: 'Bearer', expires_in: 3599, access_token: issueAccessToken(state) });
}

function isFederated(state: FakeAzureState, form: URLSearchParams, client: string): boolean {
  const token = clusterToken(form.get('client_assertion') ?? '');
  return (
    form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
    token?.audiences.includes('api://AzureADTokenExchange') === true &&
    state.clients.get(token.subject) === client
  );
}

export function issueAccessToken(state: FakeAzureState): string {
  const token = `entra-token-${state.accessTokens.size}`;
  state.accessTokens.add(token);
  return token;
}

/** Source: ACR, `POST /oauth2/exchange`. */
function exchange(state: FakeAzureState, { form, host, method }: FakeRequest, now: () => number): FakeAnswer {
  const isWhole =
    method === 'POST' && form.get('grant_type') === 'access_token' && form.get('service') === host;
  if (!isWhole || !state.accessTokens.has(form.get('access_token') ?? '')) {
    return json({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, 401);
  }
  const claims = Buffer.from(JSON.stringify({ exp: Math.floor(now() / 1000) + 10_800 })).toString(
    'base64url',
  );
  const token = `eyJhbGciOiJSUzI1NiJ9.${claims}.acr${state.refreshTokens.size}`;
  state.refreshTokens.set(token, host);
  return json({ refresh_token: token });
}

function refuse(error: string, description: string, status = 400): FakeAnswer {
  return json({ error, error_description: description }, status);
}
