/**
 * What the registry can be told to do wrong. Each kind is something a real registry, proxy or attacker
 * did; each is applied only where it makes sense (`link` on lists, `ignore-range` on blobs, and so on).
 */
export type FaultRule = {
  /** Which requests; every one the fault applies to where left out. */
  readonly match?: FaultMatch;
  /** Leaves this many matching requests alone first. */
  readonly skip?: number;
  /** Then happens this often; without end where left out. */
  readonly times?: number;
  readonly fault: Fault;
};

/** All that are given must fit. */
export type FaultMatch = {
  readonly endpoint?: FaultEndpoint;
  readonly method?: string;
  /** The repository's path, exactly. */
  readonly repository?: string;
  /** The tag or digest of a manifest, the digest of a blob (on the storage host too) or of a subject. */
  readonly target?: string;
  /**
   * Requests that the registry answers with a 401 challenge, or only those it does not. Where left out, a
   * challenged request meets no fault (so `times` counts real ones), except a ping, which always is one.
   */
  readonly challenged?: boolean;
};

export type FaultEndpoint =
  | 'ping'
  | 'token'
  | 'catalog'
  | 'tags'
  | 'manifest'
  | 'blob'
  | 'referrers'
  | 'upload'
  | 'storage';

export type Fault = AnswerFault | BodyFault | DeliveryFault | HeaderFault | BehaviourFault | ListFault;

export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { readonly kind: Kind }>;

/** Another answer instead of the right one. */
export type AnswerFault =
  /** 401, 403, 404, 407, 429, 5xx, anything. The body is an OCI error where `body` is left out. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly retryAfter?: RetryAfter;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: string;
    }
  /** Docker Hub's quota: counts manifest GETs, tells of itself in headers, answers 429 when it is used up. */
  | {
      readonly kind: 'quota';
      readonly limit: number;
      readonly windowSeconds: number;
      readonly retryAfter?: RetryAfter;
    }
  /** To exactly this URL: a private address, another scheme, nonsense. */
  | { readonly kind: 'redirect'; readonly url: string; readonly status?: number }
  /** The same path and query on another origin, e.g. another registry server's `url`. */
  | { readonly kind: 'redirect-origin'; readonly origin: string; readonly status?: number }
  /** To itself for ever, under a URL that is new each time. */
  | { readonly kind: 'redirect-loop' }
  /** Blobs from the storage host (another port) by a signed URL, good for so long or for so many uses. */
  | { readonly kind: 'redirect-to-storage'; readonly validMs?: number; readonly uses?: number }
  /** 405 for HEAD. */
  | { readonly kind: 'head-unsupported' }
  /** 404 for a manifest whose type the Accept header does not list. */
  | { readonly kind: 'require-accept' }
  /** The tag is in no list and has no manifest. */
  | { readonly kind: 'forget-tag'; readonly tag: string };

/** Another body than the right one. */
export type BodyFault =
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string }
  | { readonly kind: 'empty-body' }
  /** 200 and a page for people, as captive portals and proxies send. */
  | { readonly kind: 'html-body' }
  /** A signed Docker schema 1 manifest. */
  | { readonly kind: 'schema1' }
  /** One byte differs from what the digest names; length and headers are right. */
  | { readonly kind: 'corrupt-body' }
  /** `Content-Encoding: gzip`, small on the wire, this many bytes of spaces when unpacked. */
  | { readonly kind: 'gzip-bomb'; readonly unpackedBytes: number }
  /** A body that never ends. */
  | { readonly kind: 'endless-body' };

/** The right answer, sent badly. */
export type DeliveryFault =
  | { readonly kind: 'cut-body'; readonly afterBytes: number }
  | { readonly kind: 'stall'; readonly afterBytes: number }
  | { readonly kind: 'drip'; readonly chunkBytes: number; readonly intervalMs: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The connection breaks before any answer. */
  | { readonly kind: 'close' };

/** The right answer under wrong headers. */
export type HeaderFault =
  | { readonly kind: 'omit-header'; readonly name: string }
  | { readonly kind: 'set-header'; readonly name: string; readonly value: string | readonly string[] }
  /** A header of so many bytes. */
  | { readonly kind: 'huge-header'; readonly bytes: number }
  /** A digest header that does not fit the bytes. */
  | { readonly kind: 'wrong-digest' }
  | { readonly kind: 'skew-date'; readonly seconds: number };

/** Parts of the protocol that some registries lack or do their own way. */
export type BehaviourFault =
  | { readonly kind: 'ignore-range' }
  /** 404 for the referrers API, and no OCI-Subject on a push: distribution/distribution to this day. */
  | { readonly kind: 'no-referrers-api' }
  /** Referrers come unfiltered and OCI-Filters-Applied is not sent. */
  | { readonly kind: 'ignore-filter' }
  /** How an upload's Location is written; absolute without this fault. */
  | { readonly kind: 'location'; readonly form: 'relative' | 'other-origin'; readonly origin?: string }
  /** A mount is never granted: 202 and an upload session. */
  | { readonly kind: 'refuse-mount' }
  /** The connection breaks after so many bytes of an upload's body; what arrived is kept. */
  | { readonly kind: 'drop-upload'; readonly afterBytes: number };

export type ListFault =
  /** How the next page is named; relative to the host without this fault, as distribution/distribution does. */
  | {
      readonly kind: 'link';
      readonly form: 'absolute' | 'query-only' | 'other-origin' | 'loop' | 'absent' | 'malformed';
      readonly origin?: string;
    }
  /** A smaller cap on `n`; `refuse` answers 400 above it, as distribution 3 does. */
  | { readonly kind: 'page-limit'; readonly max: number; readonly above: 'cap' | 'refuse' }
  /** `n` and `last` count for nothing: everything at once, as Debian's docker-registry answers. */
  | { readonly kind: 'ignore-paging' }
  /** Not in byte order: only inside each page, or through the whole list. The same order every time. */
  | { readonly kind: 'unsorted-tags'; readonly within: 'page' | 'list' }
  /** 200, the first so many tags, and no word of more. */
  | { readonly kind: 'truncated-tags'; readonly keep: number }
  | { readonly kind: 'empty-tags'; readonly as: 'empty' | 'null' | 'absent' }
  /** One body of about so many bytes, all different tags. */
  | { readonly kind: 'huge-tags'; readonly bytes: number }
  /** So many pages of a few tags each, every one with a Link to the next but the last. */
  | { readonly kind: 'endless-pages'; readonly pages: number; readonly tagsPerPage: number };

/** How a Retry-After is written; none is sent where the whole thing is left out. */
export type RetryAfter =
  | { readonly form: 'seconds'; readonly seconds: number }
  /** An HTTP date this far from now. */
  | { readonly form: 'http-date'; readonly seconds: number }
  /** Epoch seconds this far from now: no standard says so, some proxies do. */
  | { readonly form: 'epoch'; readonly seconds: number }
  | { readonly form: 'text'; readonly text: string };
