import type { ServerResponse } from 'node:http';
import type { FakeKind } from './fake-kinds.ts';
import { FakeRefusal, statusOf } from './fake-refusal.ts';
import type { FakeChange, FakeObject, FakeStore } from './fake-store.ts';

export type FakeWatchRequest = {
  readonly kind: FakeKind;
  readonly query: URLSearchParams;
  readonly isChosen: (object: FakeObject) => boolean;
  /** What of an object is told. */
  readonly shapeOf: (object: FakeObject) => FakeObject;
};

/** One open watch, for as long as its client or the test lets it be. */
export type FakeWatch = {
  /** Tells where it is, where the client asked to be told. */
  bookmark(): void;
  /** Cuts the connection in the middle. */
  cut(): void;
};

/** Answers with a line of JSON for each change since the version asked for, and for each that comes. */
export function startWatch(store: FakeStore, request: FakeWatchRequest, response: ServerResponse): FakeWatch {
  const { kind, query, isChosen, shapeOf } = request;
  response.writeHead(200, { 'content-type': 'application/json' });
  const send = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
  const take = (change: FakeChange) => {
    const event = change.kind === kind ? eventOf(change, isChosen) : undefined;
    if (event !== undefined) send(event.type, shapeOf(event.object));
  };
  const asked = query.get('resourceVersion') ?? '';
  try {
    if (asked === '' || asked === '0') {
      for (const object of store.list(kind, undefined).filter(isChosen)) send('ADDED', shapeOf(object));
    } else {
      for (const change of store.changesSince(Number(asked))) take(change);
    }
  } catch (error) {
    if (!(error instanceof FakeRefusal)) throw error;
    // As the real server: the answer has begun, so the refusal is an event of it.
    send('ERROR', statusOf(error.status, error.reason, error.message));
    response.end();
    return { bookmark: () => undefined, cut: () => undefined };
  }
  response.flushHeaders();
  const unsubscribe = store.subscribe(take);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.once('close', () => {
    unsubscribe();
    clearTimeout(timer);
  });
  return {
    bookmark() {
      if (query.get('allowWatchBookmarks') !== 'true') return;
      const metadata = { resourceVersion: String(store.version) };
      send('BOOKMARK', { kind: kind.kind, apiVersion: 'v1', metadata });
    },
    cut: () => response.destroy(),
  };
}

/** An object that no longer fits the selectors is gone to this watch, with its last fitting content. */
function eventOf(
  { before, after, version }: FakeChange,
  isChosen: (object: FakeObject) => boolean,
): { readonly type: string; readonly object: FakeObject } | undefined {
  const was = before !== undefined && isChosen(before);
  if (after !== undefined && isChosen(after)) return { type: was ? 'MODIFIED' : 'ADDED', object: after };
  if (!was) return undefined;
  const metadata = { ...before.metadata, resourceVersion: String(version) };
  return { type: 'DELETED', object: { ...before, metadata } };
}
