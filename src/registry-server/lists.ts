import { tryParseDigest } from '../reference/digest.ts';
import type { Answer, Headers } from './answer.ts';
import { emptyAnswer, errorAnswer, jsonAnswer } from './answer.ts';
import type { RegistryContent, RepositoryContent } from './content.ts';
import { absoluteUrl, type Exchange } from './exchange.ts';
import { generatedTagPage, generatedTags } from './generated-tags.ts';
import type { TagSlice } from './tag-list.ts';

/** What the registry grants at once where nobody says otherwise: as much as its largest clients ask for. */
export const tagsPageMaxDefault = 10_000;

const comma = Buffer.from(',');

/** Where a list is read from. */
export type Listed = {
  readonly repository: string;
  /** Undefined where the repository does not exist. */
  readonly content: RepositoryContent | undefined;
  readonly pageMax: number;
};

/** `GET /v2/<name>/tags/list?n=&last=`. Source: OCI distribution spec 1.1, "Listing Tags". */
export function answerTags(exchange: Exchange, { repository, content, pageMax }: Listed): Answer {
  const { faults, query } = exchange;
  if (content === undefined) return errorAnswer('NAME_UNKNOWN', { name: repository });
  const hostile = answerHostileTags(exchange, repository);
  if (hostile !== undefined) return hostile;
  const page = pageOf(exchange, pageMax);
  if (page === undefined) return errorAnswer('PAGINATION_NUMBER_INVALID', { n: query.get('n') });
  const truncated = faults.find('truncated-tags');
  const slice =
    truncated === undefined
      ? sliceTags(exchange, content, page)
      : { ...content.tags.slice(undefined, truncated.keep), hasNext: false };
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...linkAfter(exchange, slice, page.count) },
    body: Buffer.concat([
      Buffer.from(`{"name":${JSON.stringify(repository)},"tags":[`),
      ...slice.json.flatMap((part, at) => (at === 0 ? [part] : [comma, part])),
      Buffer.from(']}\n'),
    ]),
  };
}

/** `GET /v2/_catalog?n=&last=`: distribution's own, kept by the spec only as a reserved word. */
export function answerCatalog(exchange: Exchange, content: RegistryContent, pageMax: number): Answer {
  const page = pageOf(exchange, pageMax);
  if (page === undefined) return errorAnswer('PAGINATION_NUMBER_INVALID', { n: exchange.query.get('n') });
  const slice = sliceNames(content.names(), page);
  return jsonAnswer(200, { repositories: slice.names }, linkAfter(exchange, slice, page.count));
}

/** `GET /v2/<name>/referrers/<digest>?artifactType=`. Source: OCI distribution spec 1.1, "Listing Referrers". */
export function answerReferrers(exchange: Exchange, target: string, { content, pageMax }: Listed): Answer {
  const { faults, query } = exchange;
  if (faults.find('no-referrers-api') !== undefined) return { ...emptyAnswer(404), body: notFoundPage };
  const subject = tryParseDigest(target);
  if (subject === undefined) return errorAnswer('DIGEST_INVALID', { digest: target });
  const wanted = faults.find('ignore-filter') === undefined ? query.get('artifactType') : null;
  const manifests = (content?.listReferrers(subject) ?? []).filter(
    (descriptor) => wanted === null || descriptor.artifactType === wanted,
  );
  const page = pageOf(exchange, pageMax) ?? { after: undefined, count: pageMax };
  const slice = sliceNames(manifests.map((descriptor) => descriptor.digest).sort(), page);
  const shown = new Set<string>(slice.names);
  return jsonAnswer(
    200,
    {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: manifests.filter((descriptor) => shown.has(descriptor.digest)),
    },
    {
      'content-type': 'application/vnd.oci.image.index.v1+json',
      ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...linkAfter(exchange, slice, page.count),
    },
  );
}

type Page = { readonly after: string | undefined; readonly count: number };

const notFoundPage = Buffer.from('404 page not found\n');

/** The page asked for, at most what the registry grants; undefined where `n` is no count, or too much. */
function pageOf({ query, faults }: Exchange, pageMax: number): Page | undefined {
  const after = query.get('last') ?? undefined;
  if (faults.find('ignore-paging') !== undefined) return { after: undefined, count: Number.MAX_SAFE_INTEGER };
  const limit = faults.find('page-limit') ?? { max: pageMax, above: 'cap' };
  const text = query.get('n');
  if (text === null) return { after, count: limit.max };
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const count = Number(text);
  if (count > limit.max && limit.above === 'refuse') return undefined;
  return { after, count: Math.min(count, limit.max) };
}

function sliceTags({ faults }: Exchange, content: RepositoryContent, page: Page): TagSlice {
  const forgotten = new Set(faults.list('forget-tag').map((fault) => fault.tag));
  const unsorted = faults.find('unsorted-tags');
  if (forgotten.size === 0 && unsorted === undefined) return content.tags.slice(page.after, page.count);
  const names = [...content.tags.names()].filter((tag) => !forgotten.has(tag));
  const slice = sliceNames(unsorted?.within === 'list' ? shuffle(names) : names, page);
  const shown = unsorted?.within === 'page' ? shuffle(slice.names) : slice.names;
  const json = shown.length === 0 ? [] : [Buffer.from(JSON.stringify(shown).slice(1, -1))];
  return { json, count: shown.length, last: slice.last, hasNext: slice.hasNext };
}

type NameSlice = Pick<TagSlice, 'last' | 'hasNext'> & { readonly names: readonly string[] };

/** A page of a list in any order: after the name itself where it is there, else after where it would be. */
function sliceNames(names: readonly string[], { after, count }: Page): NameSlice {
  const found = after === undefined ? -1 : names.indexOf(after);
  const next = after === undefined || found !== -1 ? found + 1 : names.findIndex((name) => name > after);
  const start = next === -1 ? names.length : next;
  const taken = names.slice(start, start + count);
  return { names: taken, last: taken.at(-1), hasNext: taken.length > 0 && start + count < names.length };
}

/** The Link to the next page, as the client is meant to follow it. Source: RFC 5988; distribution writes it relative. */
function linkAfter(exchange: Exchange, slice: Pick<TagSlice, 'last' | 'hasNext'>, count: number): Headers {
  const { faults, query, path, prefix } = exchange;
  const fault = faults.find('link');
  if (fault?.form === 'absent' || (!slice.hasNext && fault?.form !== 'loop')) return {};
  const next = new URLSearchParams(query);
  if (fault?.form !== 'loop') next.set('last', slice.last ?? '');
  if (count < Number.MAX_SAFE_INTEGER) next.set('n', String(count));
  const here = `${path}?${next.toString()}`;
  const relative = prefix + here;
  const form = fault?.form ?? 'relative';
  const written = {
    relative: `<${relative}>; rel="next"`,
    loop: `<${relative}>; rel="next"`,
    absolute: `<${absoluteUrl(exchange, here)}>; rel="next"`,
    'query-only': `<?${next.toString()}>; rel="next"`,
    'other-origin': `<${fault?.origin ?? 'http://registry.invalid'}${relative}>; rel="next"`,
    malformed: `${relative}; rel=next`,
  };
  return { link: written[form] };
}

/** Tag lists that no repository holds: too long, without end, or empty in one of three spellings. */
function answerHostileTags(exchange: Exchange, name: string): Answer | undefined {
  const { faults, query } = exchange;
  const headers = { 'content-type': 'application/json' };
  const empty = faults.find('empty-tags');
  if (empty !== undefined) {
    const tags = { empty: { tags: [] }, null: { tags: null }, absent: {} }[empty.as];
    return jsonAnswer(200, { name, ...tags });
  }
  const huge = faults.find('huge-tags');
  if (huge !== undefined) return { status: 200, headers, body: generatedTags(name, huge.bytes) };
  const endless = faults.find('endless-pages');
  if (endless === undefined) return undefined;
  const { body, last, hasNext } = generatedTagPage(name, query.get('last') ?? undefined, endless);
  return {
    status: 200,
    headers: { ...headers, ...linkAfter(exchange, { last, hasNext }, endless.tagsPerPage) },
    body,
  };
}

/** Out of order, and the same every time: the odd ones backwards, then the even ones. */
function shuffle(names: readonly string[]): string[] {
  const odd = names.filter((_, at) => at % 2 === 1);
  const even = names.filter((_, at) => at % 2 === 0);
  return [...odd.reverse(), ...even];
}
