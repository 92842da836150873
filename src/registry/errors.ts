import { type ErrorDetails, HoldfastError } from '../errors.ts';

/** Codes as registries write them. Source: OCI distribution spec 1.1, "Error Codes". */
export const ociErrorCodes = [
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
  'TOOMANYREQUESTS',
] as const;

export type OciErrorCode = (typeof ociErrorCodes)[number];

export type RegistryErrorCode =
  | OciErrorCode
  /** The host's name has no address. */
  | 'DNS_FAILED'
  /** Nothing listens there, no route leads there, or the connection broke. */
  | 'REGISTRY_UNREACHABLE'
  /** No answer in time, or an answer that stopped. */
  | 'TIMEOUT'
  | 'PROXY_FAILED'
  /** A certificate nobody we trust has signed. */
  | 'TLS_UNTRUSTED'
  /** A certificate that is expired or not yet valid, or a clock that is wrong. */
  | 'TLS_EXPIRED'
  /** A certificate for another name. */
  | 'TLS_NAME_MISMATCH'
  | 'TLS_FAILED'
  /** TLS was spoken to a port that answers plain HTTP. */
  | 'PLAIN_HTTP'
  /** A 5xx that did not go away. */
  | 'REGISTRY_FAILED'
  /** An answer no registry gives: a login page, a proxy's page, a compressed or unknown body. */
  | 'NOT_A_REGISTRY'
  /** The bytes are not those the digest names. */
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  /** An answer above one of our limits. */
  | 'TOO_LARGE'
  | 'TAGS_UNREADABLE'
  /** A redirect that loops, is one too many, or leads where it may not. */
  | 'REDIRECT_REFUSED'
  /** A credential would have gone where it must not. */
  | 'CREDENTIAL_WITHHELD'
  /** The token server gave no token. */
  | 'TOKEN_FAILED';

/** What a registry, or the way to it, answered instead of what was asked. Holds no secret. */
export class RegistryError extends HoldfastError<RegistryErrorCode> {
  override readonly name = 'RegistryError';
  /** The HTTP status, where an answer came. */
  readonly status: number | undefined;

  constructor(
    code: RegistryErrorCode,
    message: string,
    details: ErrorDetails & { readonly status?: number } = {},
  ) {
    super(code, message, details);
    this.status = details.status;
  }
}
