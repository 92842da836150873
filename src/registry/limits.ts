/** Limits on everything that comes in. Tests make them small; users never need to. */
export type RegistryLimits = {
  /** Bytes of a manifest. The OCI spec wants at least 4 MiB served; twice that refuses nothing real. */
  readonly manifestBytesMax: number;
  /** Bytes of a blob read into memory (an image config): the largest seen are a few hundred KiB. */
  readonly smallBlobBytesMax: number;
  /** Bytes of a token answer: ECR's tokens have 3 KiB, others less. */
  readonly tokenBytesMax: number;
  /** Bytes read of an error's body: enough for every `errors` list, too little for a page to hurt. */
  readonly errorBytesMax: number;
  /** Bytes of a repository's whole tag list: ten million tags of a hundred characters. */
  readonly tagListBytesMax: number;
  /** Bytes of an answer that is kept whole, to be skipped unparsed; a larger one is parsed as it comes. */
  readonly tagPageBytesMax: number;
  /** Bytes of one entry of a tag list. A tag has at most 128 characters, escaped at most 768 bytes. */
  readonly tagBytesMax: number;
  /** Answers of one tag list: ten million tags where a registry grants a hundred at a time. */
  readonly tagPagesMax: number;
  /** Answers of one list of referrers. */
  readonly referrerPagesMax: number;
  /** Redirects followed for one request, as in Go. Real chains have one or two. */
  readonly redirectsMax: number;
  /** Times one request is sent, the first included. */
  readonly attemptsMax: number;
  /** First wait before sending again; it doubles each time, and a random part of it is taken. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** Longest `Retry-After` that is waited for; a longer one is told to the user at once. */
  readonly retryAfterMaxMs: number;
  /** Requests under way on one host at a time: as many as crane and skopeo copies use, doubled. */
  readonly requestsPerHostMax: number;
  readonly connectTimeoutMs: number;
  /** From the request sent to the answer's headers. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of a body. */
  readonly idleTimeoutMs: number;
  /** For the whole of a document (manifest, token, page): a drip of single bytes ends here. */
  readonly documentTimeoutMs: number;
  /** Times a broken blob is taken up again where it broke. */
  readonly blobResumesMax: number;
};

export const registryLimits: RegistryLimits = {
  manifestBytesMax: 8 * 1024 * 1024,
  smallBlobBytesMax: 4 * 1024 * 1024,
  tokenBytesMax: 1024 * 1024,
  errorBytesMax: 64 * 1024,
  tagListBytesMax: 1024 * 1024 * 1024,
  tagPageBytesMax: 4 * 1024 * 1024,
  tagBytesMax: 1024,
  tagPagesMax: 100_000,
  referrerPagesMax: 1000,
  redirectsMax: 10,
  attemptsMax: 4,
  backoffMs: 250,
  backoffMaxMs: 8000,
  retryAfterMaxMs: 60_000,
  requestsPerHostMax: 16,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  documentTimeoutMs: 120_000,
  blobResumesMax: 5,
};
