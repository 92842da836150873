import type { IncomingMessage } from 'node:http';

/** One request, read whole, as the parts of the fake cloud see it. */
export type FakeRequest = {
  readonly method: string;
  readonly host: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body's fields, where it is a form. */
  readonly form: URLSearchParams;
};

export type FakeAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Undefined: not mine. */
export type FakePart = (request: FakeRequest) => FakeAnswer | undefined;

export function json(value: unknown, status = 200): FakeAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

export async function readRequest(message: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array));
  const body = Buffer.concat(chunks).toString('utf8');
  const host = message.headers.host ?? '';
  return {
    method: message.method ?? '',
    host,
    url: new URL(message.url ?? '/', `https://${host}`),
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body,
    form: new URLSearchParams(body),
  };
}

/** What a token of a cluster says, unverified; undefined where it is none. */
export function clusterToken(
  text: string,
): { readonly subject: string; readonly audiences: readonly string[] } | undefined {
  try {
    const claims: { sub?: unknown; aud?: unknown } = JSON.parse(
      Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    return { subject: String(claims.sub), audiences: [claims.aud].flat().map(String) };
  } catch {
    return undefined;
  }
}

/** Such a token, signed by nobody. */
export function makeClusterToken(subject: string, audience: string): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'RS256' })}.${encode({ sub: subject, aud: [audience] })}.signature`;
}
