/** Checks a request signed by AWS Signature version 4, from the specification alone: no code of the product. */
import { createHash, createHmac } from 'node:crypto';

export type SignedRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type KeyPair = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** What is wrong with the signature; undefined where it is right. Source: AWS, "Create a signed AWS API request". */
export function wrongSignature(
  request: SignedRequest,
  { accessKeyId, secretAccessKey }: KeyPair,
  wanted: { readonly region: string; readonly service: string },
): string | undefined {
  const authorization = request.headers['authorization'] ?? '';
  const [, keyId, date = '', region = '', service = '', signed = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (signature === undefined) return 'the authorization is not of version 4';
  if (keyId !== accessKeyId) return `the key ${keyId} is unknown`;
  if (region !== wanted.region || service !== wanted.service) return `it is for ${service} in ${region}`;
  const names = signed.split(';');
  if (!names.includes('host') || !names.includes('x-amz-date')) return 'host or date is not signed';
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith('x-amz-') && !names.includes(name),
  );
  if (unsigned !== undefined) return `${unsigned} is not signed`;
  const canonical = [
    request.method,
    request.path,
    request.query,
    ...names.map((name) => `${name}:${(request.headers[name] ?? '').trim()}`),
    '',
    signed,
    sha256(request.body),
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, text).toString('hex') === signature ? undefined : 'the signature does not match';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
