import { describeError } from '../../errors.ts';
import { RegistryConfigurationError } from '../config/errors.ts';
import { RegistryError, type RegistryErrorCode } from '../errors.ts';
import { InnerAddressError } from './address.ts';
import { type HttpRequest, hostOf } from './http.ts';

type Failure = {
  readonly code: RegistryErrorCode;
  readonly says: string;
  readonly hint: string;
  readonly retryable?: boolean;
};

/**
 * What a connection's failure means for a person, as a `RegistryError` that names host and subject.
 * Cancelling and our own errors pass through as they are.
 * @param proxy what was connected to instead of the host
 */
export function transportError(error: unknown, request: HttpRequest, proxy?: URL): unknown {
  if (request.signal?.aborted === true) return request.signal.reason;
  if (error instanceof RegistryError || error instanceof RegistryConfigurationError) return error;
  if (error instanceof InnerAddressError) return innerAddressError(error, request);
  const host = hostOf(request.url);
  const failure = failureOf(rootOf(error), host);
  // Behind a proxy, only the proxy is looked up and connected to.
  const isOfProxy = proxy !== undefined && connectCodes.has(codeOf(rootOf(error)));
  const { code, says, hint, retryable } = isOfProxy ? ofProxy(failure, proxy) : failure;
  return new RegistryError(code, `${request.about}: ${host}: ${says}`, {
    hint,
    retryable: retryable ?? false,
    cause: error,
  });
}

function ofProxy(failure: Failure, proxy: URL): Failure {
  return { ...failure, ...proxyFailure, says: `through the proxy ${hostOf(proxy)}: ${failure.says}` };
}

/** How it fails to reach whatever is connected to. */
const connectCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A name that has several addresses fails with all their errors at once; the first tells enough. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  return error;
}

function innerAddressError(error: InnerAddressError, request: HttpRequest): RegistryError {
  return new RegistryError(
    'REDIRECT_REFUSED',
    `${request.about}: the registry sent us to an inner network: ${error.message}`,
    { hint: 'if that is meant, allow it with --allow-private-redirects', cause: error },
  );
}

function failureOf(error: unknown, host: string): Failure {
  const code = codeOf(error);
  const known = failures[code];
  if (known !== undefined) return known;
  const text = describeError(error);
  if (/wrong version number|packet length too long|http request/i.test(text)) return plainHttp(host);
  if (code.startsWith('ERR_SSL') || code === 'EPROTO' || code.startsWith('ERR_TLS')) {
    return {
      code: 'TLS_FAILED',
      says: `TLS failed (${code})`,
      hint: 'compare: openssl s_client -connect HOST:443',
    };
  }
  const isOfProxy = code.startsWith('UND_ERR_SOCKS5') || /proxy/i.test(text);
  if (isOfProxy) return { ...proxyFailure, says: `the proxy refused (${text.slice(0, 120)})` };
  if (/UNABLE_TO_|SELF_SIGNED|CERT_/.test(code)) return untrusted(code);
  if (code === 'HPE_INVALID_CONSTANT' || code.startsWith('HPE_')) {
    return { ...garbage, says: `the answer is no HTTP (${code})` };
  }
  return { ...unreachable, says: `the connection failed (${code || text.slice(0, 120)})` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const unreachable = {
  code: 'REGISTRY_UNREACHABLE',
  hint: 'check the address, the network and the proxy variables',
  retryable: true,
} as const;
const timedOut = {
  code: 'TIMEOUT',
  hint: 'check firewall, route and proxy variables; try again later',
  retryable: true,
} as const;
const proxyFailure = {
  code: 'PROXY_FAILED',
  hint: 'check HTTP_PROXY and HTTPS_PROXY, and the credential in them; NO_PROXY exempts hosts',
} as const;
const garbage = {
  code: 'NOT_A_REGISTRY',
  hint: 'check host and port: a registry speaks HTTP there',
} as const;
const badTime = {
  code: 'TLS_EXPIRED',
  hint: 'check the clock of this machine, then renew the certificate of the registry',
} as const;

function untrusted(code: string): Failure {
  return {
    code: 'TLS_UNTRUSTED',
    says: `its certificate is signed by nobody we trust (${code})`,
    hint: 'trust its CA: SSL_CERT_FILE, certs.d/HOST/ca.crt or hosts.toml; on a public host a proxy may intercept',
  };
}

function plainHttp(host: string): Failure {
  return {
    code: 'PLAIN_HTTP',
    says: 'plain HTTP is spoken there, not TLS',
    hint: `if that is meant, say so for this host: --insecure ${host}`,
  };
}

/** By the code of Node or undici. */
const failures: Readonly<Record<string, Failure>> = {
  ENOTFOUND: {
    code: 'DNS_FAILED',
    says: 'the name has no address',
    hint: 'check the spelling of the host, and the DNS of this machine',
  },
  EAI_AGAIN: {
    code: 'DNS_FAILED',
    says: 'the name could not be looked up',
    hint: 'check the DNS of this machine, or the proxy variables',
    retryable: true,
  },
  ECONNREFUSED: {
    ...unreachable,
    says: 'nothing listens there (connection refused)',
    hint: 'check host and port; is the registry running?',
  },
  ENETUNREACH: { ...unreachable, says: 'no route to the network' },
  EHOSTUNREACH: { ...unreachable, says: 'no route to the host' },
  ECONNRESET: {
    ...unreachable,
    says: 'the connection broke',
    hint: 'try again; check the network on the way',
  },
  EPIPE: { ...unreachable, says: 'the connection broke', hint: 'try again; check the network on the way' },
  UND_ERR_SOCKET: {
    ...unreachable,
    says: 'the connection was closed before the answer was complete',
    hint: 'try again; check the network on the way',
  },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: {
    ...unreachable,
    says: 'the answer has another length than announced',
    hint: 'try again; check the proxy on the way',
  },
  ETIMEDOUT: { ...timedOut, says: 'no connection in time' },
  UND_ERR_CONNECT_TIMEOUT: { ...timedOut, says: 'no connection in time' },
  UND_ERR_HEADERS_TIMEOUT: { ...timedOut, says: 'no answer in time' },
  UND_ERR_BODY_TIMEOUT: { ...timedOut, says: 'the answer stopped in the middle' },
  UND_ERR_HEADERS_OVERFLOW: { ...garbage, says: 'the headers are larger than 16 KiB' },
  CERT_HAS_EXPIRED: { ...badTime, says: 'its certificate has expired' },
  CERT_NOT_YET_VALID: { ...badTime, says: 'its certificate is not valid yet' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'TLS_NAME_MISMATCH',
    says: 'its certificate is for another name',
    hint: 'use the name in the certificate, or have one issued for this name',
  },
  UND_ERR_PRX_TLS: { ...proxyFailure, says: 'TLS with the proxy failed' },
};
