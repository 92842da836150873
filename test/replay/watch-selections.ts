import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch as ask } from 'undici';
import { group } from '../flux/sight.ts';
import type { ApiServer } from '../kubernetes/api-server.ts';

export type WatchedSelections = {
  /** Every tag that `latestRef` had, in order, a repeated one once. */
  readonly tags: readonly string[];
  stop(): Promise<void>;
};

const retryMs = 200;

/** Follows every change of an ImagePolicy, so that not even a short step back is missed. */
export function watchSelections(server: ApiServer, namespace: string, name: string): WatchedSelections {
  const tags: string[] = [];
  const stopping = new AbortController();
  const dispatcher = new Agent({ connect: { ca: readFileSync(server.caFile) }, bodyTimeout: 0 });
  const url = `${server.url}${group}/namespaces/${namespace}/imagepolicies`;
  const query = `watch=true&fieldSelector=metadata.name%3D${name}`;
  const headers = { authorization: `Bearer ${server.tokens.get('admin')}` };
  let resourceVersion = '';
  const note = (line: string) => {
    if (line.trim() === '') return;
    const { type, object } = JSON.parse(line) as WatchEvent;
    // What was missed meanwhile is too old to be told: it goes on from what is there.
    resourceVersion = type === 'ERROR' ? '' : (object.metadata?.resourceVersion ?? resourceVersion);
    const tag = object.status?.latestRef?.tag;
    if (tag !== undefined && tag !== tags.at(-1)) tags.push(tag);
  };
  const followOnce = async () => {
    const from = resourceVersion === '' ? '' : `&resourceVersion=${resourceVersion}`;
    const { signal } = stopping;
    const answer = await ask(`${url}?${query}${from}`, { dispatcher, headers, signal });
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) note(line);
    }
  };
  const follow = async () => {
    while (!stopping.signal.aborted) {
      await followOnce().catch(() => undefined);
      await pause(retryMs);
    }
  };
  const following = follow();
  return {
    tags,
    async stop() {
      stopping.abort();
      await following;
      await dispatcher.destroy();
    },
  };
}

type WatchEvent = {
  readonly type: string;
  readonly object: {
    readonly metadata?: { readonly resourceVersion?: string };
    readonly status?: { readonly latestRef?: { readonly tag: string } };
  };
};

/** Where a later tag has a lower number: `1.0.7 → 1.0.5`. */
export function stepsBack(tags: readonly string[]): readonly string[] {
  const numberOf = (tag = '') => Number(tag.split('.')[2]);
  return tags.flatMap((tag, index) => {
    const before = tags[index - 1];
    return numberOf(before) > numberOf(tag) ? [`${before} → ${tag}`] : [];
  });
}
