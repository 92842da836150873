import { type AwsCredentials, type AwsPlace, credentialsIn } from './aws-answer.ts';
import { apiEndpoint } from './aws-endpoint.ts';
import type { CloudRequest } from './cloud-ask.ts';
import type { CloudSurroundings } from './cloud-identity.ts';

export type WebIdentity = {
  readonly roleArn: string;
  /** Shown in CloudTrail. */
  readonly sessionName: string;
  readonly token: string;
};

/** Longest name of a session. Source: STS, `RoleSessionName`. */
const sessionNameLengthMax = 64;

/**
 * Trades a token of a cluster for credentials of a role. Not signed: the token is the proof.
 * @throws CloudIdentityError
 */
export async function assumeRoleWithWebIdentity(
  place: AwsPlace,
  { env, ask }: Pick<CloudSurroundings, 'env' | 'ask'>,
  { roleArn, sessionName, token }: WebIdentity,
): Promise<AwsCredentials> {
  const request: CloudRequest = {
    about: 'AWS STS AssumeRoleWithWebIdentity',
    method: 'POST',
    url: apiEndpoint('sts', place, env),
    form: {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: sessionName.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, sessionNameLengthMax),
      WebIdentityToken: token,
    },
    headers: { accept: 'text/xml' },
    secrets: [token],
  };
  const { text } = await ask(request);
  return credentialsIn(fieldsOf(text), 'SessionToken', request);
}

/** The protocol answers XML; what is read of it are four texts of letters, digits and `+/=:-`. */
function fieldsOf(xml: string): Readonly<Record<string, string>> {
  const [credentials = ''] = /<Credentials>[^]*?<\/Credentials>/.exec(xml) ?? [];
  const fields = credentials.matchAll(/<(\w+)>\s*([^<&\s]+)\s*<\/\1>/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
}
