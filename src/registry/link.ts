/**
 * The target of `Link: <…>; rel="next"`, resolved against the page it came with. Undefined where there is
 * none, which ends a list. Takes several links in one header, bare and quoted `rel`, several relations.
 * Source: RFC 8288; OCI distribution spec 1.1, "Listing Tags".
 */
export function nextLink(header: string | undefined, page: URL): URL | undefined | 'malformed' {
  if (header === undefined) return undefined;
  let isMalformed = !header.includes('<');
  for (const match of header.matchAll(/<([^>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^\s;,"]*))*)/g)) {
    const [, target = '', parameters = ''] = match;
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/i.exec(parameters);
    const relations = (relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/);
    if (!relations.includes('next')) continue;
    if (URL.canParse(target, page.href)) return new URL(target, page);
    isMalformed = true;
  }
  return isMalformed ? 'malformed' : undefined;
}
