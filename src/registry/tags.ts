import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Endpoint } from './endpoint.ts';
import { type Connection, registryEndpoint, requestTo } from './endpoint-walk.ts';
import { RegistryError } from './errors.ts';
import type { HttpRequest, HttpResponse } from './http/http.ts';
import { nextPage } from './next-page.ts';
import type { ListTagsOptions, TagPage } from './registry-client.ts';
import { responseError } from './response-error.ts';
import { readTagPages, type SeenPages } from './tag-pages.ts';

/**
 * Tags asked for in one answer, largest first: some registries refuse more than they grant (distribution 3
 * above 1,000) instead of capping it, and some know no `n` at all.
 */
const pageSizes: readonly (number | undefined)[] = [10_000, 1000, undefined];

/** One answer of `tags/list`, and the question to it. */
type Answer = { readonly request: HttpRequest; readonly response: HttpResponse };

/**
 * All tags, page by page, always one answer ahead of the reader. See `RegistryReader.listTagPages`.
 * @throws RegistryError `TAGS_UNREADABLE`, `TOO_LARGE`, `NOT_A_REGISTRY`, or what the registry answered
 */
export async function* listTagPages(
  connection: Connection,
  repository: Repository,
  options: ListTagsOptions = {},
): AsyncGenerator<TagPage> {
  const about = repositoryName(repository);
  const { limits } = connection.reading;
  const endpoint = await registryEndpoint(connection, repository);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const seen = { urls: new Set<string>(), fingerprints: new Set<string>(), bytes: 0, emptyPages: 0 };
  let coming = askFirst(connection, endpoint, { about, signal }, options);
  try {
    for (let answer = await coming; answer !== undefined; answer = await coming) {
      const { request, response } = answer;
      seen.urls.add(request.url.href);
      if (seen.urls.size > limits.tagPagesMax) throw tooManyPages(about, limits.tagPagesMax);
      const next = nextPage(request, response, seen.urls);
      // Asked for while this answer is read and worked on. Where it fails, it fails when it is its turn.
      coming = next === undefined ? Promise.resolve(undefined) : ask(connection, { ...request, url: next });
      coming.catch(() => undefined);
      yield* readAnswer(connection, answer, seen, next !== undefined);
    }
  } finally {
    stop.abort();
  }
}

/** The first answer, with the largest page that the registry grants. Undefined where it knows no such repository. */
async function askFirst(
  connection: Connection,
  endpoint: Endpoint,
  asking: { readonly about: string; readonly signal: AbortSignal },
  { pageSize, last }: ListTagsOptions,
): Promise<Answer | undefined> {
  const sizes = pageSize === undefined ? pageSizes : [pageSize];
  for (const [index, size] of sizes.entries()) {
    const request = requestTo(endpoint, 'GET', 'tags/list', asking);
    if (size !== undefined) request.url.searchParams.set('n', String(size));
    if (last !== undefined) request.url.searchParams.set('last', last);
    const response = await connection.send(request);
    if (response.status === 200) return { request, response };
    const error = await responseError(request, response, connection.reading);
    if (response.status === 404 && error.code !== 'NOT_A_REGISTRY') return undefined;
    const mayBeSize = response.status === 400 || response.status === 422 || response.status === 416;
    if (!mayBeSize || index === sizes.length - 1) throw error;
  }
  return undefined;
}

/** The pages in one answer, asked for again where it breaks off before anything of it was given. */
async function* readAnswer(
  connection: Connection,
  first: Answer,
  seen: SeenPages,
  hasNext: boolean,
): AsyncGenerator<TagPage> {
  const { limits } = connection.reading;
  let { request, response } = first;
  for (let attempt = 1; ; attempt += 1) {
    let given = 0;
    try {
      for await (const page of readTagPages(request, response, seen, limits, hasNext)) {
        given += 1;
        yield page;
      }
      return;
    } catch (error) {
      const mayPass = error instanceof RegistryError && error.retryable && given === 0;
      if (!mayPass || attempt >= limits.attemptsMax) throw error;
    }
    ({ request, response } = await ask(connection, request));
  }
}

/** A later answer: that it is missing is a failure, not an end. */
async function ask(connection: Connection, request: HttpRequest): Promise<Answer> {
  const response = await connection.send(request);
  if (response.status === 200) return { request, response };
  throw await responseError(request, response, connection.reading);
}

function tooManyPages(about: string, pagesMax: number): RegistryError {
  return new RegistryError('TOO_LARGE', `${about}: the list of tags has more than ${pagesMax} pages`, {
    hint: 'a registry that never ends its list leads us nowhere: look at its Link headers with curl',
  });
}
