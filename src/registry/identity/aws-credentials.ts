import { addressIn } from './address-variable.ts';
import { type AwsCredentials, type AwsPlace, credentialsIn } from './aws-answer.ts';
import { assumeRoleWithWebIdentity } from './aws-sts.ts';
import { askJson, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudSurroundings } from './cloud-identity.ts';
import { CloudIdentityError } from './errors.ts';
import { readTokenFile } from './identity-file.ts';

/** Where the agents of ECS and EKS Pod Identity answer on a node. Source: AWS SDKs, "Container credential provider". */
const relativeHost = 'http://169.254.170.2';
const nodeAddress = new URL('http://169.254.169.254/');
const agentHosts: ReadonlySet<string> = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']);

/**
 * Who this process is to AWS, in the order of AWS's SDKs: keys of the environment, the token file of IRSA, the
 * container's endpoint (EKS Pod Identity, ECS), the node's role. The first that is set up is used; where it fails,
 * no other stands in for it. Profiles of a person are not read.
 * @throws CloudIdentityError
 */
export async function findAwsCredentials(place: AwsPlace, cloud: CloudSurroundings): Promise<AwsCredentials> {
  const { env } = cloud;
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
  if (accessKeyId !== '' && secretAccessKey !== '') {
    const sessionToken = env['AWS_SESSION_TOKEN'] || undefined;
    return { accessKeyId, secretAccessKey, sessionToken };
  }
  const tokenFile = env['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '';
  const roleArn = env['AWS_ROLE_ARN'] ?? '';
  if (tokenFile !== '' && roleArn !== '') {
    return assumeRoleWithWebIdentity(place, cloud, {
      roleArn,
      sessionName: env['AWS_ROLE_SESSION_NAME'] || 'holdfast',
      token: await readTokenFile(tokenFile, 'AWS_WEB_IDENTITY_TOKEN_FILE'),
    });
  }
  const endpoint = containerEndpoint(cloud);
  if (endpoint !== undefined) return askContainer(endpoint, cloud);
  return askInstance(cloud);
}

function containerEndpoint({ env }: CloudSurroundings): URL | undefined {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? '';
  const full = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '';
  if (relative !== '') return new URL(relative.startsWith('/') ? `${relativeHost}${relative}` : relativeHost);
  if (full === '') return undefined;
  const url = URL.parse(full);
  const isHere = url !== null && /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (url !== null && (url.protocol === 'https:' || isHere || agentHosts.has(url.hostname))) return url;
  throw new CloudIdentityError(
    'IDENTITY_INVALID',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that credentials are not fetched from',
    { hint: 'it must be https, or the address of an agent on this node' },
  );
}

async function askContainer(url: URL, cloud: CloudSurroundings): Promise<AwsCredentials> {
  const { env, askNode } = cloud;
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? '';
  const token =
    file === ''
      ? (env['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? '')
      : await readTokenFile(file, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  const request: CloudRequest = {
    about: 'AWS container credentials',
    method: 'GET',
    url,
    ...(token === '' ? {} : { headers: { authorization: token }, secrets: [token] }),
  };
  return credentialsIn(await askJson(askNode, request), 'Token', request);
}

/** Source: EC2, "Instance Metadata Service Version 2". The first version, which needs no token, is not used. */
async function askInstance({ env, askNode }: CloudSurroundings): Promise<AwsCredentials> {
  if (/^true$/i.test(env['AWS_EC2_METADATA_DISABLED'] ?? '')) {
    throw new CloudIdentityError('IDENTITY_ABSENT', `no AWS identity: ${triedAws}`, { hint: absentHint });
  }
  const base = addressIn(env, 'AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http') ?? nodeAddress;
  const at = (path: string): URL => new URL(path, base);
  const about = 'AWS instance metadata';
  let token: string;
  try {
    const url = at('latest/api/token');
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' };
    token = (await askNode({ about, method: 'PUT', url, headers })).text.trim();
  } catch (cause) {
    if (!(cause instanceof CloudIdentityError)) throw cause;
    const message = `no AWS identity: ${triedAws}; instance metadata: ${cause.message}`;
    throw new CloudIdentityError('IDENTITY_ABSENT', message, { hint: absentHint, retryable: true, cause });
  }
  const headers = { 'x-aws-ec2-metadata-token': token };
  const folder = 'latest/meta-data/iam/security-credentials/';
  const roles = (await askNode({ about, method: 'GET', url: at(folder), headers, secrets: [token] })).text;
  const role = roles.split('\n', 1)[0]?.trim() ?? '';
  const request: CloudRequest = { about, method: 'GET', url: at(folder + encodeURIComponent(role)), headers };
  if (role === '') throw unanswered(request, 'names no role of this node');
  return credentialsIn(await askJson(askNode, request), 'Token', request);
}

const triedAws =
  'none in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, AWS_CONTAINER_CREDENTIALS_…_URI';
const absentHint =
  'give the pod a role by IRSA or EKS Pod Identity and start it anew, or let the node answer pods (hop limit 2)';
