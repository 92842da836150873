/** An HTTP answer as data: handlers make one, faults change it, `send.ts` puts it on the wire. */
export type Answer = {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Headers;
  /** Whole, or made while it is sent (then without Content-Length). A HEAD gets its length and no more. */
  readonly body?: Uint8Array | Iterable<Uint8Array>;
  readonly delivery?: Delivery;
  /** Headers left out at the very end, also those that HTTP itself would add: Content-Length, Date. */
  readonly omitted?: readonly string[];
};

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** How the body is sent where it is not simply sent. */
export type Delivery =
  /** This many bytes, then the connection breaks. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** This many bytes, then nothing more while the connection stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** So many bytes at a time, with a pause after each. */
  | { readonly kind: 'drip'; readonly chunkBytes: number; readonly intervalMs: number }
  /** No answer at all: the connection breaks. */
  | { readonly kind: 'close' };

/** Error codes of OCI distribution 1.1, with the status and the sentence distribution/distribution sends. */
const errors = {
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  BLOB_UPLOAD_INVALID: { status: 400, message: 'blob upload invalid' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry' },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content' },
  MANIFEST_BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown' },
  NAME_INVALID: { status: 400, message: 'invalid repository name' },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry' },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  DENIED: { status: 403, message: 'requested access to the resource is denied' },
  UNSUPPORTED: { status: 405, message: 'the operation is unsupported' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
  /** distribution's own, for `n` that is no count. */
  PAGINATION_NUMBER_INVALID: { status: 400, message: 'invalid number of results requested' },
} as const;

export type OciErrorCode = keyof typeof errors;

/** The error body every registry client must read. Source: OCI distribution spec 1.1, "Error Codes". */
export function errorAnswer(code: OciErrorCode, detail?: unknown, headers: Headers = {}): Answer {
  const { status, message } = errors[code];
  return jsonAnswer(
    status,
    { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] },
    headers,
  );
}

export function jsonAnswer(status: number, document: unknown, headers: Headers = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(document)),
  };
}

export function emptyAnswer(status: number, headers: Headers = {}): Answer {
  return { status, headers, body: new Uint8Array(0) };
}
