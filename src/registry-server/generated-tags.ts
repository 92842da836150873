import type { FaultOf } from './fault.ts';

/** Tags to a piece of a generated body: some 24 kB, so that the socket and not the generator sets the pace. */
const pieceTags = 1000;

/** A tags body of at least so many bytes, made piece by piece, in byte order and without a repetition. */
export function* generatedTags(repository: string, bytes: number): Iterable<Uint8Array> {
  const head = Buffer.from(`{"name":${JSON.stringify(repository)},"tags":["0"`);
  yield head;
  let sent = head.length;
  for (let from = 0; sent < bytes; from += pieceTags) {
    let text = '';
    for (let at = from; at < from + pieceTags; at += 1)
      text += `,"generated-${String(at).padStart(10, '0')}"`;
    const piece = Buffer.from(text);
    sent += piece.length;
    yield piece;
  }
  yield Buffer.from(']}\n');
}

/** One page out of many: tags are numbered through all pages, and `last` says how far the client has come. */
export function generatedTagPage(
  repository: string,
  after: string | undefined,
  { pages, tagsPerPage }: FaultOf<'endless-pages'>,
): { body: Uint8Array; last: string | undefined; hasNext: boolean } {
  const from = after === undefined ? 0 : Number(/^page-tag-(\d+)$/.exec(after)?.[1] ?? -1) + 1;
  const end = pages * tagsPerPage;
  const tags: string[] = [];
  for (let at = from; at < Math.min(from + tagsPerPage, end); at += 1) {
    tags.push(`page-tag-${String(at).padStart(10, '0')}`);
  }
  return {
    body: Buffer.from(JSON.stringify({ name: repository, tags })),
    last: tags.at(-1),
    hasNext: tags.length > 0 && from + tagsPerPage < end,
  };
}
