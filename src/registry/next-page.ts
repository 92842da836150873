import { RegistryError } from './errors.ts';
import { type HttpRequest, type HttpResponse, headerOf } from './http/http.ts';
import { nextLink } from './link.ts';

/**
 * Where a list goes on, by the `Link` header of one page; undefined where the list ends here.
 *
 * Only path and query of the link count, and only where it names the host that was asked: a list does not
 * move to another host, and a registry behind a proxy often writes `http:` where it is asked by `https:`.
 * @throws RegistryError `NOT_A_REGISTRY` for a link that loops, leaves the host, or cannot be read
 */
export function nextPage(
  request: HttpRequest,
  response: HttpResponse,
  visited: ReadonlySet<string>,
): URL | undefined {
  const link = nextLink(headerOf(response, 'link'), request.url);
  if (link === undefined) return undefined;
  const refuse = (says: string): never => {
    response.body.discard();
    throw new RegistryError('NOT_A_REGISTRY', `${request.about}: the next page of the list ${says}`, {
      hint: 'the registry, or a proxy before it, writes a wrong Link header; what was listed counts for nothing',
    });
  };
  if (link === 'malformed') return refuse('has an address that cannot be read');
  if (link.host !== request.url.host) return refuse(`is said to be on another host (${link.host})`);
  const next = new URL(link.pathname + link.search, request.url.origin);
  return visited.has(next.href) ? refuse('is one that was read already') : next;
}
