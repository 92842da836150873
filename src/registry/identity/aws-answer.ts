import { type CloudRequest, unanswered } from './cloud-ask.ts';
import { type Json, tokenAt } from './foreign-json.ts';

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
};

/** Where APIs of a partition are: `sts.REGION.DOMAIN`. */
export type AwsPlace = { readonly region: string; readonly domain: string };

/**
 * The credentials in an answer of a container's or node's endpoint, or of STS.
 * @throws CloudIdentityError `IDENTITY_UNANSWERED`
 */
export function credentialsIn(
  answer: Json,
  sessionTokenKey: 'Token' | 'SessionToken',
  request: CloudRequest,
): AwsCredentials {
  const accessKeyId = tokenAt(answer, 'AccessKeyId');
  const secretAccessKey = tokenAt(answer, 'SecretAccessKey');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw unanswered(request, 'answered without credentials');
  }
  return { accessKeyId, secretAccessKey, sessionToken: tokenAt(answer, sessionTokenKey) };
}
