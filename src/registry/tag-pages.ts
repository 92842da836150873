import { createHash } from 'node:crypto';
import { RegistryError } from './errors.ts';
import { refuseEncoded } from './http/body.ts';
import { type HttpRequest, type HttpResponse, hostOf } from './http/http.ts';
import type { RegistryLimits } from './limits.ts';
import type { TagPage } from './registry-client.ts';
import { looksLikePage } from './response-error.ts';
import { TagScanner } from './tag-scanner.ts';

/**
 * Tags in each page that is cut out of an answer too large to keep: few enough that they are dropped young,
 * before the collector takes them for something that lasts.
 */
const cutPageTags = 2000;
/** Answers in a row without a single tag, before a registry is said to lead us nowhere. */
const emptyPagesMax = 100;
/** Below this size an answer may be empty: `{"name":"…","tags":[]}` with the longest repository. */
const emptyPageBytesMax = 512;

/** What is remembered of a list while it is read. */
export type SeenPages = { readonly fingerprints: Set<string>; bytes: number; emptyPages: number };

/**
 * The pages in one answer: one, unparsed, where the answer is small enough to be kept whole; else as many
 * as it takes, parsed as they come, so that memory does not grow with the answer.
 */
export async function* readTagPages(
  request: HttpRequest,
  response: HttpResponse,
  seen: SeenPages,
  limits: RegistryLimits,
  hasNext: boolean,
): AsyncGenerator<TagPage> {
  refuseEncoded(request, response);
  if (looksLikePage(response)) throw webPage(request, response);
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let scanner: TagScanner | undefined;
  const drip = dripGuard(request, response, limits.documentTimeoutMs);
  try {
    for await (const chunk of response.body) {
      seen.bytes += chunk.length;
      if (seen.bytes > limits.tagListBytesMax) throw tooLarge(request, limits.tagListBytesMax);
      if (scanner === undefined) {
        chunks.push(chunk);
        kept += chunk.length;
        if (kept <= limits.tagPageBytesMax) continue;
        scanner = new TagScanner(request.about, limits.tagBytesMax);
        for (const earlier of chunks.splice(0)) scanner.write(earlier);
      } else {
        scanner.write(chunk);
      }
      while (scanner.tags.length > cutPageTags) {
        drip.stop();
        yield cutPage(request, scanner.tags.splice(0, cutPageTags), seen, true);
        drip.start();
      }
    }
  } finally {
    drip.stop();
  }
  if (scanner === undefined) return yield wholePage(request, chunks, seen, limits, hasNext);
  scanner.end();
  yield cutPage(request, scanner.tags, seen, hasNext);
}

/** The chunks are never joined: most pages are only compared, and joining would double what that costs. */
function wholePage(
  request: HttpRequest,
  chunks: readonly Uint8Array[],
  seen: SeenPages,
  limits: RegistryLimits,
  hasNext: boolean,
): TagPage {
  const readTags = (): readonly string[] => {
    const scanner = new TagScanner(request.about, limits.tagBytesMax);
    for (const chunk of chunks) scanner.write(chunk);
    scanner.end();
    return scanner.tags;
  };
  const hash = createHash('sha256');
  let bytes = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const page = { fingerprint: hash.digest('hex'), readTags, hasNext };
  const isEmpty = bytes < emptyPageBytesMax && readTags().length === 0;
  note(request, page, seen, isEmpty);
  return page;
}

function cutPage(request: HttpRequest, tags: readonly string[], seen: SeenPages, hasNext: boolean): TagPage {
  // Where an answer is cut depends on its tags alone, never on how it came over the network.
  const fingerprint = createHash('sha256').update(tags.join('\n')).digest('hex');
  const page = { fingerprint, readTags: () => tags, hasNext };
  note(request, page, seen, tags.length === 0);
  return page;
}

/** A list that repeats itself, or goes on without saying anything, is none. */
function note(request: HttpRequest, page: TagPage, seen: SeenPages, isEmpty: boolean): void {
  seen.emptyPages = isEmpty ? seen.emptyPages + 1 : 0;
  const repeats = !isEmpty && seen.fingerprints.has(page.fingerprint);
  if (repeats || seen.emptyPages > emptyPagesMax) {
    throw new RegistryError(
      'NOT_A_REGISTRY',
      `${request.about}: the list of tags ${repeats ? 'repeats a page' : `has ${emptyPagesMax} empty pages in a row`}`,
      { hint: 'the registry, or a proxy before it, pages wrongly; what was listed counts for nothing' },
    );
  }
  seen.fingerprints.add(page.fingerprint);
}

/** Ends a body that takes too long for one page. Stopped while the reader works: that time is not the body's. */
function dripGuard(request: HttpRequest, response: HttpResponse, timeoutMs: number) {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => response.body.discard(tooSlow(request, timeoutMs));
  const start = (): void => {
    timer = setTimeout(end, timeoutMs);
  };
  start();
  return { start, stop: () => clearTimeout(timer) };
}

function webPage(request: HttpRequest, response: HttpResponse): RegistryError {
  response.body.discard();
  return new RegistryError(
    'NOT_A_REGISTRY',
    `${request.about}: ${hostOf(response.url)} answered with a web page`,
    {
      hint: 'a login page, captive portal or wrong path answers there: check host and path, then proxies',
    },
  );
}

function tooLarge(request: HttpRequest, bytesMax: number): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `${request.about}: the list of tags is larger than ${bytesMax} bytes`,
    {
      hint: 'clean the repository up, or look at what answers there with curl',
    },
  );
}

function tooSlow(request: HttpRequest, timeoutMs: number): RegistryError {
  return new RegistryError(
    'TIMEOUT',
    `${request.about}: one page of the list of tags took more than ${timeoutMs / 1000} s`,
    { hint: 'try again later; check the network on the way', retryable: true },
  );
}
