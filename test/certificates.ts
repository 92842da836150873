/** Certificates for TLS tests: good ones, and every way for one to be wrong. Made anew in each run. */
import { generate } from 'selfsigned';
import type { ServerTls } from '../src/registry-server/listener.ts';

export type CertificateKind =
  | 'good'
  | 'expired'
  | 'not-yet-valid'
  /** For `registry.invalid`, whatever host it is shown by. */
  | 'wrong-name'
  /** Signed by itself instead of by the authority. */
  | 'self-signed';

/** An authority, and what it signs. All texts are PEM. */
export type TestAuthority = {
  /** What a client must trust to accept the good ones: for `ca.crt`, NODE_EXTRA_CA_CERTS, and the like. */
  readonly ca: string;
  /** A server certificate for 127.0.0.1, ::1 and localhost, and other names, with its key. */
  serverTls(kind?: CertificateKind, otherNames?: readonly string[]): Promise<ServerTls>;
  /** A client certificate with its key, for servers that ask for one. */
  clientCertificate(name: string): Promise<{ readonly certificate: string; readonly key: string }>;
};

const dayMs = 24 * 60 * 60 * 1000;

/** Elliptic keys: making one takes a millisecond, an RSA key up to a second. */
const keys = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

const loopbackNames = [
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
  { type: 7, ip: '::1' },
] as const;

export async function makeAuthority(): Promise<TestAuthority> {
  const authority = await generate([{ name: 'commonName', value: 'Holdfast test authority' }], {
    ...keys,
    ...validFor('good'),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { cert: authority.cert, key: authority.private };
  return {
    ca: authority.cert,
    async serverTls(kind = 'good', otherNames = []) {
      const isWrongName = kind === 'wrong-name';
      const others = otherNames.map((value) => ({ type: 2, value }) as const);
      const altNames = isWrongName
        ? [{ type: 2, value: 'registry.invalid' } as const]
        : [...loopbackNames, ...others];
      const made = await generate(
        [{ name: 'commonName', value: isWrongName ? 'registry.invalid' : 'localhost' }],
        {
          ...keys,
          ...validFor(kind),
          ...(kind === 'self-signed' ? {} : { ca }),
          extensions: [
            { name: 'keyUsage', digitalSignature: true, critical: true },
            { name: 'extKeyUsage', serverAuth: true },
            { name: 'subjectAltName', altNames },
          ],
        },
      );
      return { certificate: made.cert, key: made.private };
    },
    async clientCertificate(name) {
      const made = await generate([{ name: 'commonName', value: name }], {
        ...keys,
        ...validFor('good'),
        ca,
        extensions: [
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', clientAuth: true },
        ],
      });
      return { certificate: made.cert, key: made.private };
    },
  };
}

function validFor(kind: CertificateKind): { readonly notBeforeDate: Date; readonly notAfterDate: Date } {
  const [fromDays, toDays] = kind === 'expired' ? [-30, -1] : kind === 'not-yet-valid' ? [1, 30] : [-1, 30];
  const now = Date.now();
  return { notBeforeDate: new Date(now + fromDays * dayMs), notAfterDate: new Date(now + toDays * dayMs) };
}
