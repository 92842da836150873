import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { TlsOptions } from '../endpoint.ts';

/** Environment variables that name a PEM file of certificates to trust. */
const caFileVariables = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'] as const;

/**
 * What a TLS connection trusts and shows: Node's own roots, the system's, those of `SSL_CERT_FILE` and
 * `NODE_EXTRA_CA_CERTS`, and the endpoint's. The roots are read once, and only where TLS is spoken: that
 * costs 50 ms.
 */
export function makeTrust(
  env: Readonly<Record<string, string | undefined>>,
  warn: (text: string) => void,
): (tls: TlsOptions) => Promise<SecureContext> {
  let roots: Promise<readonly string[]> | undefined;
  const contexts = new WeakMap<TlsOptions, Promise<SecureContext>>();
  const make = async (tls: TlsOptions): Promise<SecureContext> => {
    roots ??= readRoots(env, warn);
    return createSecureContext({
      ca: [...(await roots), ...(tls.ca ?? [])],
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
    });
  };
  return (tls) => {
    const context = contexts.get(tls) ?? make(tls);
    contexts.set(tls, context);
    return context;
  };
}

async function readRoots(
  env: Readonly<Record<string, string | undefined>>,
  warn: (text: string) => void,
): Promise<readonly string[]> {
  const files = await Promise.all(
    caFileVariables.map(async (variable) => {
      const path = env[variable];
      if (path === undefined || path === '') return [];
      try {
        return [await readFile(path, 'utf8')];
      } catch (error) {
        warn(`${variable} names a file that cannot be read (${reasonOf(error)}): going on without it`);
        return [];
      }
    }),
  );
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...files.flat()])];
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
