/**
 * The two parts of undici that a request without a proxy needs. The whole of it (fetch, WebSocket, cookies,
 * caches) takes as long to load as Node itself takes to start. The version is pinned exactly; the test of
 * the transport fails where these files move.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}

declare module 'undici/lib/api/index.js' {
  import type { Dispatcher } from 'undici';

  const api: { readonly request: Dispatcher['request'] };

  export { api as default };
}
