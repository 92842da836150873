import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { json, makeClusterToken } from '../../../test/cloud/cloud-request.ts';
import { type FakeCloud, registryHosts, startFakeCloud } from '../../../test/cloud/fake-cloud.ts';
import { agentToken } from '../../../test/cloud/fake-node.ts';
import { fixedClock, systemClock } from '../../clock.ts';
import { HoldfastError } from '../../errors.ts';
import type { CloudProvider } from '../config/cloud-registry.ts';
import { type AccountClaims, readAccountClaims } from './account-claims.ts';
import { type CloudCredentialsOptions, makeCloudCredentials, registryOfCloud } from './cloud-credentials.ts';
import type { CloudAccount } from './cloud-identity.ts';

const subject = 'system:serviceaccount:team:scanner';
const roleArn = 'arn:aws:iam::123456789012:role/puller';
const email = 'puller@team-project.iam.gserviceaccount.com';
const workloadProvider = 'projects/12345/locations/global/workloadIdentityPools/pool/providers/cluster';
const gkeAudience =
  'identitynamespace:team-project.svc.id.goog:https://container.googleapis.com/v1/projects/team-project/locations/europe-west1/clusters/prod';

let cloud: FakeCloud;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-identity-'));
});
after(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

type Asked = {
  readonly provider: CloudProvider;
  readonly host: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly account?: CloudAccount;
  readonly options?: Partial<CloudCredentialsOptions>;
};

function issuer({ env = {}, options = {} }: Pick<Asked, 'env' | 'options'>) {
  const all = { ...cloud.env, ...env };
  return makeCloudCredentials({ env: all, clock: systemClock, random: () => 0, ...options });
}

function issue({ provider, host, account, ...rest }: Asked) {
  const question = { registry: registryOfCloud(provider, host), account, proxy: undefined, tls: {} };
  return issuer(rest).issue(question, new AbortController().signal);
}

function accountOf(claims: AccountClaims, uid = 'one'): CloudAccount & { readonly audiences: string[] } {
  const audiences: string[] = [];
  return {
    namespace: 'team',
    name: 'scanner',
    uid,
    claims,
    audiences,
    async requestToken(audience) {
      audiences.push(audience);
      return makeClusterToken(subject, audience);
    },
  };
}

async function file(name: string, content: string | object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** One contract over the three clouds: who asks, and how it is known there. */
const identities: readonly {
  readonly name: string;
  readonly provider: CloudProvider;
  readonly host: string;
  readonly username: string;
  readonly given?: () => void;
  readonly env?: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  readonly claims?: AccountClaims;
}[] = [
  {
    name: 'keys of the environment at AWS',
    provider: 'aws',
    host: registryHosts.ecr,
    username: 'AWS',
    given: () => cloud.aws.keys.set('AKIAUSER', { accessKeyId: 'AKIAUSER', secretAccessKey: 'user-secret' }),
    env: () => ({ AWS_ACCESS_KEY_ID: 'AKIAUSER', AWS_SECRET_ACCESS_KEY: 'user-secret' }),
  },
  {
    name: "IRSA's token file at AWS",
    provider: 'aws',
    host: registryHosts.ecr,
    username: 'AWS',
    given: () => cloud.aws.roles.set(subject, roleArn),
    env: async () => ({
      AWS_ROLE_ARN: roleArn,
      AWS_WEB_IDENTITY_TOKEN_FILE: await file('irsa', makeClusterToken(subject, 'sts.amazonaws.com')),
    }),
  },
  {
    name: 'the agent of EKS Pod Identity',
    provider: 'aws',
    host: registryHosts.ecr,
    username: 'AWS',
    env: async () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${cloud.node}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file('agent', agentToken),
    }),
  },
  ...(['ecr', 'ecrChina', 'ecrIso', 'ecrFips', 'ecrPublic'] as const).map((name) => ({
    name: `the node's role at AWS, for ${registryHosts[name]}`,
    provider: 'aws' as const,
    host: registryHosts[name],
    username: 'AWS',
  })),
  {
    name: 'a ServiceAccount with a role at AWS',
    provider: 'aws',
    host: registryHosts.ecr,
    username: 'AWS',
    given: () => cloud.aws.roles.set(subject, roleArn),
    claims: { provider: 'aws', roleArn },
  },
  ...(['acr', 'acrChina', 'acrGovernment'] as const).map((name) => ({
    name: `the federated token of workload identity at Azure, for ${registryHosts[name]}`,
    provider: 'azure' as const,
    host: registryHosts[name],
    username: '00000000-0000-0000-0000-000000000000',
    given: () => cloud.azure.clients.set(subject, 'tenant/client'),
    env: async () => ({
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
      AZURE_FEDERATED_TOKEN_FILE: await file(
        'azure',
        makeClusterToken(subject, 'api://AzureADTokenExchange'),
      ),
    }),
  })),
  {
    name: 'a client secret at Azure',
    provider: 'azure',
    host: registryHosts.acr,
    username: '00000000-0000-0000-0000-000000000000',
    given: () => cloud.azure.secrets.set('tenant/client', 'client-secret'),
    env: () => ({
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
      AZURE_CLIENT_SECRET: 'client-secret',
    }),
  },
  {
    name: 'the managed identity of a node at Azure',
    provider: 'azure',
    host: registryHosts.acr,
    username: '00000000-0000-0000-0000-000000000000',
  },
  {
    name: 'a ServiceAccount with a client at Azure',
    provider: 'azure',
    host: registryHosts.acr,
    username: '00000000-0000-0000-0000-000000000000',
    given: () => cloud.azure.clients.set(subject, 'tenant/client'),
    claims: { provider: 'azure', tenantId: 'tenant', clientId: 'client' },
  },
  {
    name: 'the metadata server at Google',
    provider: 'gcp',
    host: registryHosts.gar,
    username: 'oauth2accesstoken',
  },
  {
    name: "a service account's key at Google",
    provider: 'gcp',
    host: registryHosts.gcr,
    username: 'oauth2accesstoken',
    env: async () => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      cloud.google.keys.set(email, publicKey.export({ type: 'spki', format: 'pem' }).toString());
      return {
        GOOGLE_APPLICATION_CREDENTIALS: await file('key.json', {
          type: 'service_account',
          client_email: email,
          private_key_id: '1',
          private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
          token_uri: 'https://oauth2.googleapis.com/token',
        }),
      };
    },
  },
  {
    name: 'workload identity federation by a file at Google',
    provider: 'gcp',
    host: registryHosts.gar,
    username: 'oauth2accesstoken',
    given: () => {
      cloud.google.subjects.set(subject, `//iam.googleapis.com/${workloadProvider}`);
      cloud.google.accounts.set(email, subject);
    },
    env: async () => {
      const audience = `//iam.googleapis.com/${workloadProvider}`;
      const token = await file('subject.json', { id_token: makeClusterToken(subject, audience) });
      return {
        GOOGLE_APPLICATION_CREDENTIALS: await file('federation.json', {
          type: 'external_account',
          audience,
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          token_url: 'https://sts.googleapis.com/v1/token',
          service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
          credential_source: { file: token, format: { type: 'json', subject_token_field_name: 'id_token' } },
        }),
      };
    },
  },
  {
    name: 'a ServiceAccount of GKE',
    provider: 'gcp',
    host: registryHosts.gar,
    username: 'oauth2accesstoken',
    given: () => cloud.google.subjects.set(subject, gkeAudience),
    claims: { provider: 'gcp', email: undefined, audience: undefined },
  },
  {
    name: 'a ServiceAccount of another cluster, as a service account of Google',
    provider: 'gcp',
    host: registryHosts.gar,
    username: 'oauth2accesstoken',
    given: () => {
      cloud.google.subjects.set(subject, `//iam.googleapis.com/${workloadProvider}`);
      cloud.google.accounts.set(email, subject);
    },
    claims: { provider: 'gcp', email, audience: `//iam.googleapis.com/${workloadProvider}` },
  },
];

describe('credentials of clouds', () => {
  for (const { name, provider, host, username, given, env, claims } of identities) {
    it(`are issued to ${name}`, async () => {
      given?.();
      const account = claims && accountOf(claims);
      const credential = await issue({
        provider,
        host,
        env: (await env?.()) ?? {},
        ...(account === undefined ? {} : { account }),
      });
      assert.ok(credential.kind === 'basic');
      assert.equal(credential.username, username);
      const known = { aws: cloud.aws.passwords, azure: cloud.azure.refreshTokens, gcp: cloud.google.tokens };
      assert.ok(known[provider].has(credential.password));
    });
  }

  it('are asked for once where many ask at once, and again when most of their time is over', async () => {
    const clock = fixedClock(Date.now());
    const credentials = issuer({ options: { clock } });
    const question = {
      registry: registryOfCloud('gcp', registryHosts.gar),
      account: undefined,
      proxy: undefined,
      tls: {},
    };
    const ask = () => credentials.issue(question, new AbortController().signal);
    const asked = (): number => cloud.requests.length;
    await Promise.all([ask(), ask(), ask()]);
    assert.equal(asked(), 1);
    clock.advance(47 * 60_000);
    await ask();
    assert.equal(asked(), 1);
    clock.advance(60_000);
    await ask();
    assert.equal(asked(), 2);
  });

  it('are used for an hour at most, and the least used is forgotten', async () => {
    const clock = fixedClock(Date.now());
    const credentials = issuer({ options: { clock, cache: { entriesMax: 1, lifetimeMaxMs: 3_600_000 } } });
    const ask = (host: string) =>
      credentials.issue(
        { registry: registryOfCloud('aws', host), account: undefined, proxy: undefined, tls: {} },
        new AbortController().signal,
      );
    const issued = (): number => cloud.aws.passwords.size;
    await ask(registryHosts.ecr);
    clock.advance(3_599_000);
    await ask(registryHosts.ecr);
    assert.equal(issued(), 1);
    clock.advance(2000);
    await ask(registryHosts.ecr);
    assert.equal(issued(), 2);
    await ask(registryHosts.ecrPublic);
    await ask(registryHosts.ecr);
    assert.equal(issued(), 4);
  });

  it('are not shared by ServiceAccounts, nor by one that was made anew', async () => {
    cloud.aws.roles.set(subject, roleArn);
    const credentials = issuer({});
    for (const uid of ['one', 'one', 'two']) {
      const account = accountOf({ provider: 'aws', roleArn }, uid);
      const registry = registryOfCloud('aws', registryHosts.ecr);
      await credentials.issue({ registry, account, proxy: undefined, tls: {} }, new AbortController().signal);
    }
    assert.equal(cloud.aws.passwords.size, 2);
  });

  it('are asked for through the proxy of the object, and metadata servers are not', async () => {
    const credentials = issuer({ env: { HTTPS_PROXY: '', HTTP_PROXY: cloud.proxy.url } });
    const question = {
      registry: registryOfCloud('aws', registryHosts.ecr),
      account: undefined,
      proxy: new URL(cloud.proxy.url),
      tls: {},
    };
    await credentials.issue(question, new AbortController().signal);
    assert.deepEqual(
      cloud.proxy.requests.map(({ target }) => target),
      ['api.ecr.eu-west-1.amazonaws.com:443'],
    );
  });

  it('are given up when cancelled, and the others who wait have theirs', async () => {
    const credentials = issuer({});
    const question = {
      registry: registryOfCloud('gcp', registryHosts.gar),
      account: undefined,
      proxy: undefined,
      tls: {},
    };
    const leaving = new AbortController();
    const [left, stayed] = [
      credentials.issue(question, leaving.signal),
      credentials.issue(question, new AbortController().signal),
    ];
    leaving.abort(new Error('enough'));
    await assert.rejects(left, /enough/);
    assert.equal((await stayed).kind, 'basic');
  });
});

const hostsOfOthers: readonly { readonly provider: CloudProvider; readonly host: string }[] = [
  { provider: 'aws', host: 'ghcr.io' },
  { provider: 'aws', host: `${registryHosts.ecr}.evil.test` },
  { provider: 'aws', host: `evil.test.${registryHosts.ecr}` },
  { provider: 'aws', host: `${registryHosts.ecr}:5000` },
  { provider: 'aws', host: registryHosts.acr },
  { provider: 'azure', host: 'team.azurecr.io.evil.test' },
  { provider: 'azure', host: 'azurecr.io' },
  { provider: 'gcp', host: 'evilgcr.io' },
  { provider: 'gcp', host: 'pkg.dev' },
  { provider: 'gcp', host: 'docker.s3nsregistry.fr.evil.test' },
];

describe('a host that is not of the cloud', () => {
  for (const { provider, host } of hostsOfOthers) {
    it(`gets nothing: ${host} of ${provider}`, () => {
      assert.throws(() => registryOfCloud(provider, host), {
        code: 'IDENTITY_HOST_REFUSED',
        message: new RegExp(`^invalid (?:AWS|Azure|GCP) registry: '${host}'\\. must match `),
      });
    });
  }
  for (const [provider, host] of [
    ['gcp', 'docker.s3nsregistry.fr'],
    ['azure', 'team.azurecr.de'],
    ['aws', '123456789012.dkr-ecr.us-west-2.on.aws'],
  ] as const) {
    it(`is not ${host}`, () => assert.equal(registryOfCloud(provider, host).host, host));
  }
});

const failures: readonly {
  readonly name: string;
  readonly asked: () => Asked | Promise<Asked>;
  readonly code: string;
  readonly message: RegExp;
  readonly given?: () => void;
}[] = [
  {
    name: 'nothing says who we are to AWS',
    asked: () => ({ provider: 'aws', host: registryHosts.ecr, env: { AWS_EC2_METADATA_DISABLED: 'true' } }),
    code: 'IDENTITY_ABSENT',
    message: /^no AWS identity: none in AWS_ACCESS_KEY_ID .* AWS_WEB_IDENTITY_TOKEN_FILE/,
  },
  {
    name: 'the node at AWS answers no pods',
    asked: () => ({
      provider: 'aws',
      host: registryHosts.ecr,
      env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' },
    }),
    code: 'IDENTITY_ABSENT',
    message: /instance metadata: .*nothing listens there/,
  },
  {
    name: 'a role may not be assumed',
    asked: () => ({
      provider: 'aws',
      host: registryHosts.ecr,
      account: accountOf({ provider: 'aws', roleArn }),
    }),
    code: 'IDENTITY_REFUSED',
    message:
      /^AWS STS AssumeRoleWithWebIdentity: sts\.eu-west-1\.amazonaws\.com answered 403: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
  },
  {
    name: 'keys of the environment are unknown',
    asked: () => ({
      provider: 'aws',
      host: registryHosts.ecr,
      env: { AWS_ACCESS_KEY_ID: 'AKIAGONE', AWS_SECRET_ACCESS_KEY: 'hunter2-secret-key' },
    }),
    code: 'IDENTITY_REFUSED',
    message: /UnrecognizedClientException: The security token/,
  },
  {
    name: 'a token file is not there',
    asked: () => ({
      provider: 'aws',
      host: registryHosts.ecr,
      env: { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token' },
    }),
    code: 'IDENTITY_INVALID',
    message: /AWS_WEB_IDENTITY_TOKEN_FILE names cannot be read: ENOENT/,
  },
  {
    name: 'the container endpoint is somewhere on the network',
    asked: () => ({
      provider: 'aws',
      host: registryHosts.ecr,
      env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.test/credentials' },
    }),
    code: 'IDENTITY_INVALID',
    message: /AWS_CONTAINER_CREDENTIALS_FULL_URI names a host/,
  },
  {
    name: 'an endpoint of AWS would be asked by plain HTTP',
    asked: () => ({
      provider: 'aws',
      host: registryHosts.ecr,
      env: { AWS_ENDPOINT_URL_ECR: 'http://evil.test/' },
    }),
    code: 'IDENTITY_INVALID',
    message: /http:\/\/evil\.test is not safe/,
  },
  {
    name: 'the authority of Azure would be asked by plain HTTP',
    asked: async () => ({
      provider: 'azure',
      host: registryHosts.acr,
      env: {
        AZURE_TENANT_ID: 'tenant',
        AZURE_CLIENT_ID: 'client',
        AZURE_CLIENT_SECRET: 'hunter2-secret',
        AZURE_AUTHORITY_HOST: 'http://evil.test',
      },
    }),
    code: 'IDENTITY_INVALID',
    message: /http:\/\/evil\.test is not safe/,
  },
  {
    name: 'Azure knows no such federated identity',
    asked: () => ({
      provider: 'azure',
      host: registryHosts.acr,
      account: accountOf({ provider: 'azure', tenantId: 'tenant', clientId: 'other' }),
    }),
    code: 'IDENTITY_REFUSED',
    message: /Microsoft Entra token: login\.microsoftonline\.com answered 401: invalid_client: AADSTS700213/,
  },
  {
    name: 'the node at Azure has no such identity',
    asked: () => ({ provider: 'azure', host: registryHosts.acr, env: { AZURE_CLIENT_ID: 'unknown' } }),
    code: 'IDENTITY_ABSENT',
    message: /^no Azure identity: .*Identity not found/,
  },
  {
    name: 'a registry at Azure refuses the exchange',
    given: () => cloud.refuse(registryHosts.acr, json({ errors: [{ code: 'DENIED' }] }, 403)),
    asked: () => ({ provider: 'azure', host: registryHosts.acr }),
    code: 'IDENTITY_REFUSED',
    message: /^Azure Container Registry exchange: team\.azurecr\.io answered 403/,
  },
  {
    name: 'Google may not be acted at as that service account',
    given: () => cloud.google.subjects.set(subject, `//iam.googleapis.com/${workloadProvider}`),
    asked: () => ({
      provider: 'gcp',
      host: registryHosts.gar,
      account: accountOf({ provider: 'gcp', email, audience: `//iam.googleapis.com/${workloadProvider}` }),
    }),
    code: 'IDENTITY_REFUSED',
    message: /generateAccessToken: .* answered 403: PERMISSION_DENIED: Permission/,
  },
  {
    name: 'something else answers for the metadata server',
    given: () => cloud.refuse('node', json({ access_token: 'stolen' })),
    asked: () => ({ provider: 'gcp', host: registryHosts.gar }),
    code: 'IDENTITY_ABSENT',
    message: /is not the metadata server/,
  },
  {
    name: 'a credential file of Google would run a program',
    asked: async () => ({
      provider: 'gcp',
      host: registryHosts.gar,
      env: {
        GOOGLE_APPLICATION_CREDENTIALS: await file('program.json', {
          type: 'external_account',
          audience: 'a',
          credential_source: { executable: { command: 'id' } },
        }),
      },
    }),
    code: 'IDENTITY_INVALID',
    message: /neither a file nor a URL/,
  },
  {
    name: 'a credential file of Google holds no key',
    asked: async () => ({
      provider: 'gcp',
      host: registryHosts.gar,
      env: {
        GOOGLE_APPLICATION_CREDENTIALS: await file('broken.json', {
          type: 'service_account',
          client_email: email,
          private_key: 'hunter2 is no key',
        }),
      },
    }),
    code: 'IDENTITY_INVALID',
    message: /holds a private_key that cannot be used/,
  },
  {
    name: 'a credential file of Google is garbage',
    asked: async () => ({
      provider: 'gcp',
      host: registryHosts.gar,
      env: { GOOGLE_APPLICATION_CREDENTIALS: await file('garbage.json', '{"hunter2": ') },
    }),
    code: 'IDENTITY_INVALID',
    message: /is no JSON object/,
  },
  {
    name: 'a cloud answers an endless text',
    given: () => cloud.refuse('api.ecr.eu-west-1.amazonaws.com', { status: 200, body: 'x'.repeat(300_000) }),
    asked: () => ({ provider: 'aws', host: registryHosts.ecr }),
    code: 'IDENTITY_UNANSWERED',
    message: /answered more than 262144 bytes/,
  },
  {
    name: 'a cloud answers garbage',
    given: () => cloud.refuse('api.ecr.eu-west-1.amazonaws.com', { status: 200, body: '<html>hunter2' }),
    asked: () => ({ provider: 'aws', host: registryHosts.ecr }),
    code: 'IDENTITY_UNANSWERED',
    message: /answered no JSON object/,
  },
  {
    name: 'a cloud sends us elsewhere',
    given: () =>
      cloud.refuse('api.ecr.eu-west-1.amazonaws.com', {
        status: 307,
        headers: { location: 'https://public.ecr.aws/' },
        body: '',
      }),
    asked: () => ({ provider: 'aws', host: registryHosts.ecr }),
    code: 'IDENTITY_UNANSWERED',
    message: /answered 307/,
  },
];

describe('a cloud gives no credential where', () => {
  for (const { name, asked, code, message, given } of failures) {
    it(name, async () => {
      given?.();
      await assert.rejects(issue(await asked()), (error: unknown) => {
        assert.ok(error instanceof HoldfastError);
        assert.match(error.message, message);
        assert.equal(error.code, code);
        assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2|eyJ/);
        return true;
      });
      assert.ok(
        cloud.requests.every(({ host }) => !host.includes('evil') && host !== registryHosts.ecrPublic),
      );
    });
  }
});

const annotations: readonly {
  readonly name: string;
  readonly provider: CloudProvider;
  readonly given: Readonly<Record<string, unknown>>;
  readonly expected: AccountClaims | RegExp;
}[] = [
  {
    name: 'a role',
    provider: 'aws',
    given: { 'eks.amazonaws.com/role-arn': 'arn:aws-us-gov:iam::123456789012:role/path/puller' },
    expected: { provider: 'aws', roleArn: 'arn:aws-us-gov:iam::123456789012:role/path/puller' },
  },
  { name: 'no role', provider: 'aws', given: {}, expected: /eks\.amazonaws\.com\/role-arn is not set/ },
  {
    name: 'a user instead of a role',
    provider: 'aws',
    given: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:user/jane' },
    expected: /role-arn must match/,
  },
  {
    name: 'tenant and client',
    provider: 'azure',
    given: { 'azure.workload.identity/tenant-id': 't', 'azure.workload.identity/client-id': 'c' },
    expected: { provider: 'azure', tenantId: 't', clientId: 'c' },
  },
  {
    name: 'a tenant that is a path',
    provider: 'azure',
    given: { 'azure.workload.identity/tenant-id': '../x', 'azure.workload.identity/client-id': 'c' },
    expected: /tenant-id must match/,
  },
  {
    name: 'nothing, in GKE',
    provider: 'gcp',
    given: {},
    expected: { provider: 'gcp', email: undefined, audience: undefined },
  },
  {
    name: 'a service account and a provider of Google',
    provider: 'gcp',
    given: {
      'iam.gke.io/gcp-service-account': email,
      'gcp.auth.fluxcd.io/workload-identity-provider': workloadProvider,
    },
    expected: { provider: 'gcp', email, audience: `//iam.googleapis.com/${workloadProvider}` },
  },
  {
    name: 'an email of somebody',
    provider: 'gcp',
    given: { 'iam.gke.io/gcp-service-account': 'jane@example.com' },
    expected: /gcp-service-account must match/,
  },
];

describe('annotations of a ServiceAccount that say', () => {
  for (const { name, provider, given, expected } of annotations) {
    it(name, () => {
      if (expected instanceof RegExp) {
        assert.throws(() => readAccountClaims(provider, given), {
          code: 'IDENTITY_INVALID',
          message: expected,
        });
      } else assert.deepEqual(readAccountClaims(provider, given), expected);
    });
  }
});
