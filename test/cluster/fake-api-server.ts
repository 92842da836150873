/**
 * The part of the Kubernetes API that Holdfast uses, as a real server on a loopback port: lists in pages with
 * limit and continue, watches with bookmarks, writes with conflicts and generations, the status subresource,
 * finalizers, namespaces, access by user and rule, selectors for equality, metadata alone, tokens of
 * ServiceAccounts, gzip, bearer tokens, and the answers that hurt. `test/kubernetes-contract.ts` holds it to what a real API server does.
 *
 * It does not model: discovery, defaults and validation of fields, server-side apply, strategic merge and JSON
 * patches, deleting collections, what controllers do (a namespace's content stays), `!=` and set selectors,
 * field selectors other than the name and `type!=`, TLS.
 */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRequest, type FakeParts } from './fake-answer.ts';
import { findKind } from './fake-kinds.ts';
import type { FakeApiOptions } from './fake-options.ts';
import { type FakeObject, FakeStore } from './fake-store.ts';
import type { FakeWatch } from './fake-watch.ts';

export type FakeApiServer = {
  readonly url: string;
  /** Path and query of each request so far. */
  readonly requests: readonly string[];
  /** Waits until another watch is open. */
  nextWatch(): Promise<void>;
  /**
   * Tells every watch that asked for bookmarks where it is. The real one does so about every minute in which
   * something happened to the kind, if not to what is watched; where nothing does, it says nothing.
   */
  sendBookmarks(): void;
  /** Cuts every watch in the middle. */
  cutWatches(): void;
  /** Forgets its history, as etcd is compacted: older versions and continue tokens are expired. */
  forget(): void;
  close(): Promise<void>;
};

export async function startFakeApiServer(options: FakeApiOptions): Promise<FakeApiServer> {
  const requests: string[] = [];
  const watches = new Set<FakeWatch>();
  const opened = new EventEmitter();
  const addWatch: FakeParts['addWatch'] = (watch, response) => {
    watches.add(watch);
    response.once('close', () => watches.delete(watch));
    opened.emit('watch');
  };
  const parts: FakeParts = { options, store: seededStore(options.objects), addWatch, pages: new Map() };
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const url = new URL(request.url ?? '/', 'http://fake');
    if (options.intercept?.(url, response, requests.length) === true) return;
    void answerRequest(parts, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async nextWatch() {
      await once(opened, 'watch');
    },
    sendBookmarks: () => watches.forEach((watch) => watch.bookmark()),
    cutWatches: () => watches.forEach((watch) => watch.cut()),
    forget() {
      parts.store.forget();
      parts.pages.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A kubeconfig for it, as YAML. */
export function kubeconfigFor(url: string, token = 'secret-token', context = 'fake'): string {
  return [
    'apiVersion: v1',
    'kind: Config',
    `current-context: ${context}`,
    `clusters: [{name: ${context}, cluster: {server: "${url}"}}]`,
    `users: [{name: ${context}, user: {token: ${token}}}]`,
    `contexts: [{name: ${context}, context: {cluster: ${context}, user: ${context}}}]`,
    '',
  ].join('\n');
}

function seededStore(objects: FakeApiOptions['objects']): FakeStore {
  const store = new FakeStore();
  for (const [plural, some] of Object.entries(objects)) {
    const kind = findKind(plural);
    if (kind === undefined) throw new Error(`the fake API server knows no ${plural}: see fake-kinds.ts`);
    for (const object of some) store.seed(kind, object as FakeObject);
  }
  return store;
}
