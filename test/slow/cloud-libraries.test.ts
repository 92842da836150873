/**
 * The clouds' own libraries ask our fake cloud for credentials, and it takes what they send: so what it wants is what
 * the clouds' clients say that the clouds want.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeClusterToken } from '../cloud/cloud-request.ts';
import { type FakeCloud, startFakeCloud } from '../cloud/fake-cloud.ts';
import { agentToken } from '../cloud/fake-node.ts';
import { fetchCloudLibraries } from '../cloud/libraries.ts';
import { runTool } from '../tools.ts';

const libraries = await fetchCloudLibraries();
const subject = 'system:serviceaccount:team:scanner';
const roleArn = 'arn:aws:iam::123456789012:role/puller';
const email = 'puller@team-project.iam.gserviceaccount.com';

describe("the clouds' own libraries", { skip: libraries.missing }, () => {
  let cloud: FakeCloud;
  let folder: string;
  before(async () => {
    cloud = await startFakeCloud();
    folder = await mkdtemp(join(tmpdir(), 'holdfast-libraries-'));
  });
  after(async () => {
    await cloud?.close();
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, content: string | object): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  /** Each library reads the environment by itself, so each runs in a process of its own. */
  async function issue(what: string, env: Readonly<Record<string, string>>): Promise<string> {
    const program = fileURLToPath(new URL('../cloud/issue-by-library.ts', import.meta.url));
    const { status, stdout, stderr } = await runTool(
      { name: 'node', path: process.execPath, missing: false },
      [program, what, libraries.from],
      {
        env: {
          ...cloud.env,
          NODE_EXTRA_CA_CERTS: cloud.env['SSL_CERT_FILE'],
          NODE_USE_ENV_PROXY: '1',
          // Some of them would ask metadata servers through it.
          NO_PROXY: '127.0.0.1',
          HOME: folder,
          PATH: '',
          // Google's would look up its name otherwise.
          GOOGLE_CLOUD_PROJECT: 'team-project',
          ...env,
        },
      },
    );
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  it('of AWS: keys of a node, signed for ECR', async () => {
    assert.ok(cloud.aws.passwords.has(await issue('ecr', {})));
  });

  it('of AWS: the token file of a ServiceAccount, at STS, for ECR Public', async () => {
    cloud.aws.roles.set(subject, roleArn);
    const env = {
      AWS_ROLE_ARN: roleArn,
      AWS_WEB_IDENTITY_TOKEN_FILE: await file('irsa', makeClusterToken(subject, 'sts.amazonaws.com')),
    };
    assert.equal(cloud.aws.passwords.get(await issue('ecr-public', env)), 'public');
  });

  it('of AWS: the agent of EKS Pod Identity', async () => {
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${cloud.node}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file('agent', agentToken),
    };
    assert.ok(cloud.aws.passwords.has(await issue('ecr', env)));
  });

  it('of Azure: the federated token of a ServiceAccount', async () => {
    cloud.azure.clients.set(subject, 'aaaaaaaa-0000-0000-0000-000000000000/client');
    const env = {
      AZURE_TENANT_ID: 'aaaaaaaa-0000-0000-0000-000000000000',
      AZURE_CLIENT_ID: 'client',
      AZURE_FEDERATED_TOKEN_FILE: await file(
        'azure',
        makeClusterToken(subject, 'api://AzureADTokenExchange'),
      ),
    };
    assert.ok(cloud.azure.accessTokens.has(await issue('azure-federated', env)));
  });

  it('of Azure: the managed identity of a node', async () => {
    assert.ok(cloud.azure.accessTokens.has(await issue('azure-managed', {})));
  });

  it('of Google: the metadata server', async () => {
    assert.equal(cloud.google.tokens.get(await issue('google', {})), 'node');
  });

  it("of Google: a service account's key", async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    cloud.google.keys.set(email, publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: await file('key.json', {
        type: 'service_account',
        project_id: 'team-project',
        client_email: email,
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        token_uri: 'https://oauth2.googleapis.com/token',
      }),
    };
    assert.equal(cloud.google.tokens.get(await issue('google', env)), email);
  });

  it('of Google: a token of a cluster, and a service account to act as', async () => {
    const audience =
      '//iam.googleapis.com/projects/12345/locations/global/workloadIdentityPools/pool/providers/cluster';
    cloud.google.subjects.set(subject, audience);
    cloud.google.accounts.set(email, subject);
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: await file('federation.json', {
        type: 'external_account',
        audience,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: 'https://sts.googleapis.com/v1/token',
        service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
        credential_source: { file: await file('subject', makeClusterToken(subject, audience)) },
      }),
    };
    assert.equal(cloud.google.tokens.get(await issue('google', env)), email);
  });
});
