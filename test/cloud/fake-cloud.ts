/**
 * AWS, Azure and Google for tests, by their real host names: a client that trusts `caFile` and goes through `proxy`
 * meets here what it would meet there. Kept honest by `test/slow/cloud-libraries.test.ts`, in which the clouds' own
 * libraries log in to it. Registries ask for credentials as each cloud's do, and serve what `upstream` has.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, request as sendHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../../src/registry-server/listener.ts';
import { makeAuthority } from '../certificates.ts';
import { type Proxy, startProxy } from '../proxy.ts';
import { type FakeAnswer, type FakePart, type FakeRequest, json, readRequest } from './cloud-request.ts';
import { type FakeAwsState, fakeAws, makeAwsState } from './fake-aws.ts';
import { type FakeAzureState, fakeAzure, makeAzureState } from './fake-azure.ts';
import { type FakeGoogleState, fakeGoogle, makeGoogleState } from './fake-google.ts';
import { fakeNode } from './fake-node.ts';

/** Registries of the fake clouds. */
export const registryHosts = {
  ecr: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  ecrChina: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  ecrIso: '123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov',
  ecrFips: '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com',
  ecrPublic: 'public.ecr.aws',
  acr: 'team.azurecr.io',
  acrChina: 'team.azurecr.cn',
  acrGovernment: 'team.azurecr.us',
  gar: 'europe-west1-docker.pkg.dev',
  gcr: 'eu.gcr.io',
} as const;

const names: readonly string[] = [
  ...Object.values(registryHosts),
  'sts.eu-west-1.amazonaws.com',
  'sts.us-east-1.amazonaws.com',
  'sts.cn-north-1.amazonaws.com.cn',
  'sts.us-iso-east-1.c2s.ic.gov',
  'api.ecr.eu-west-1.amazonaws.com',
  'api.ecr.us-east-1.amazonaws.com',
  'api.ecr.cn-north-1.amazonaws.com.cn',
  'api.ecr.us-iso-east-1.c2s.ic.gov',
  'api.ecr-public.us-east-1.amazonaws.com',
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.chinacloudapi.cn',
  'sts.googleapis.com',
  'iamcredentials.googleapis.com',
  'oauth2.googleapis.com',
];

export type FakeCloud = {
  readonly aws: FakeAwsState;
  readonly azure: FakeAzureState;
  readonly google: FakeGoogleState;
  /** Everything it was asked, by host; nodes' questions under `node`. */
  readonly requests: readonly {
    readonly host: string;
    readonly path: string;
    readonly authorization: string;
  }[];
  readonly proxy: Proxy;
  /** PEM: of the authority that signed for all names. */
  readonly ca: string;
  /** Host and port of what answers on a node. */
  readonly node: string;
  /** What sends a client here for everything. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers this instead, to every question of a host; undefined: no more. */
  refuse(host: string, answer: FakeAnswer | undefined): void;
  close(): Promise<void>;
};

export type FakeCloudOptions = {
  /** `host:port` of a registry that asks for nothing. */
  readonly upstream?: string;
  readonly now?: () => number;
};

export async function startFakeCloud({
  upstream,
  now = Date.now,
}: FakeCloudOptions = {}): Promise<FakeCloud> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cloud-'));
  const authority = await makeAuthority();
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.ca);
  const state = { aws: makeAwsState(), azure: makeAzureState(), google: makeGoogleState() };
  const requests: { host: string; path: string; authorization: string }[] = [];
  const refusals = new Map<string, FakeAnswer>();

  const serve =
    (parts: readonly FakePart[], name?: string) =>
    async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
      const request = await readRequest(message);
      const host = name ?? request.host;
      const authorization = request.headers['authorization'] ?? '';
      requests.push({ host, path: request.url.pathname, authorization });
      const answer = refusals.get(host) ?? firstAnswer(parts, request);
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body);
      else if (upstream !== undefined && request.url.pathname.startsWith('/v2/'))
        pass(request, response, upstream);
      else response.writeHead(404).end();
    };

  const clouds = [
    fakeAws(state.aws, now),
    fakeAzure(state.azure, now),
    fakeGoogle(state.google, now),
    registryDoor(state),
  ];
  const tls = await authority.serverTls('good', names);
  const outside = await listen((...pair) => void serve(clouds)(...pair), {
    address: '127.0.0.1',
    port: 0,
    tls,
  });
  const node = await listen((...pair) => void serve([fakeNode(state)], 'node')(...pair), {
    address: '127.0.0.1',
    port: 0,
  });
  const proxy = await startProxy({ upstream: `127.0.0.1:${outside.port}` });
  const nodeHost = `127.0.0.1:${node.port}`;
  return {
    ...state,
    requests,
    proxy,
    ca: authority.ca,
    node: nodeHost,
    env: {
      HTTPS_PROXY: proxy.url,
      SSL_CERT_FILE: caFile,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${nodeHost}`,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${nodeHost}`,
      GCE_METADATA_HOST: nodeHost,
    },
    refuse(host, answer) {
      if (answer === undefined) refusals.delete(host);
      else refusals.set(host, answer);
    },
    async close() {
      await Promise.all([outside.close(), node.close(), proxy.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

function firstAnswer(parts: readonly FakePart[], request: FakeRequest): FakeAnswer | undefined {
  for (const part of parts) {
    const answer = part(request);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

type Clouds = Pick<FakeCloud, 'aws' | 'azure' | 'google'>;

/** Lets in who shows a credential of this registry: Basic at AWS, a token of its own token server elsewhere. */
function registryDoor(state: Clouds): FakePart {
  const pulls = new Map<string, string>();
  return (request) => {
    const { host, url, headers } = request;
    const authorization = headers['authorization'] ?? '';
    if (url.pathname === '/token' || url.pathname === '/oauth2/token' || url.pathname === '/v2/token') {
      if (!isShown(state, host, authorization)) return json({ errors: [{ code: 'UNAUTHORIZED' }] }, 401);
      const token = `pull-token-${pulls.size}`;
      pulls.set(token, host);
      return json({ token, access_token: token });
    }
    if (!url.pathname.startsWith('/v2/')) return undefined;
    const isIn = host.includes('.dkr.ecr')
      ? isShown(state, host, authorization)
      : pulls.get(authorization.replace(/^Bearer /, '')) === host;
    return isIn
      ? undefined
      : { ...json({ errors: [{ code: 'UNAUTHORIZED' }] }, 401), headers: challengeOf(host) };
  };
}

function challengeOf(host: string): Readonly<Record<string, string>> {
  if (host.includes('.dkr.ecr'))
    return { 'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"` };
  const path = host.includes('.azurecr.')
    ? '/oauth2/token'
    : host === registryHosts.ecrPublic
      ? '/token'
      : '/v2/token';
  return {
    'www-authenticate': `Bearer realm="https://${host}${path}",service="${host}",scope="repository:app:pull"`,
  };
}

function isShown({ aws, azure, google }: Clouds, host: string, authorization: string): boolean {
  const [username, password = ''] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString('utf8')
    .split(/:(.*)/s);
  if (host === registryHosts.ecrPublic) return username === 'AWS' && aws.passwords.get(password) === 'public';
  if (host.includes('.dkr.ecr'))
    return username === 'AWS' && host.includes(`.${aws.passwords.get(password)}.`);
  if (host.includes('.azurecr.')) {
    return username === '00000000-0000-0000-0000-000000000000' && azure.refreshTokens.get(password) === host;
  }
  return username === 'oauth2accesstoken' && google.tokens.has(password);
}

function pass(request: FakeRequest, response: ServerResponse, upstream: string): void {
  const { authorization: _, ...headers } = request.headers;
  const outgoing = sendHttp(
    `http://${upstream}${request.url.pathname}${request.url.search}`,
    { method: request.method, headers: { ...headers, host: upstream } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  outgoing.end(request.body);
}
