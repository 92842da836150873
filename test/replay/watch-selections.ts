/**
 * What every ImagePolicy of a namespace had selected, read where nobody can hide a version: in etcd itself,
 * which tells each write of an object in order, also those made while the API server was away.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch as ask } from 'undici';

export type SelectionWatch = {
  /** Every tag that `latestRef` of a policy had, in order, a repeated one once; `undefined` where it was taken away. */
  tagsOf(policy: string): readonly (string | undefined)[];
  /**
   * Where a later tag has a lower number, or none: `app-0: 1.0.7 → 1.0.5`; and versions that were missed.
   * Told once: the next answer begins where this one ended.
   */
  stepsBack(): readonly string[];
  /** Tags selected so far that are none of these: `app-0: 9.9.9`. */
  strangers(published: ReadonlySet<string>): readonly string[];
  stop(): Promise<void>;
};

/** Before etcd is asked again, where a watch broke. */
const retryMs = 100;

export async function watchSelections(etcdUrl: string, namespace: string): Promise<SelectionWatch> {
  const histories = new Map<string, History>();
  const stopping = new AbortController();
  const dispatcher = new Agent({ bodyTimeout: 0 });
  const begun = Promise.withResolvers<void>();
  let revision = 0;
  const note = (line: string) => {
    if (line.trim() === '') return;
    const { result } = JSON.parse(line) as WatchAnswer;
    if (result.created === true) begun.resolve();
    for (const event of result.events ?? []) {
      revision = Number(event.kv.mod_revision);
      noteEvent(histories, event);
    }
  };
  const followOnce = async () => {
    const { signal } = stopping;
    const body = JSON.stringify({ create_request: rangeOf(namespace, revision + 1) });
    const answer = await ask(`${etcdUrl}/v3/watch`, { method: 'POST', body, dispatcher, signal });
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
      if (!stopping.signal.aborted) await pause(retryMs);
    }
  };
  const following = follow();
  await begun.promise;
  return {
    tagsOf: (policy) => histories.get(policy)?.tags ?? [],
    stepsBack: () => [...histories].flatMap(([policy, history]) => newStepsBack(policy, history)),
    strangers: (published) =>
      [...histories].flatMap(([policy, { tags }]) =>
        tags
          .filter((tag) => tag !== undefined && !published.has(tag))
          .map((tag) => `${policy}: ${tag ?? ''}`),
      ),
    async stop() {
      stopping.abort();
      await following;
      await dispatcher.destroy();
    },
  };
}

type History = {
  readonly tags: (string | undefined)[];
  readonly missed: string[];
  /** Writes of this object so far, by etcd's count. */
  version: number;
  /** Tags that were looked at for steps back. */
  told: number;
};

/** Source: etcd's gRPC gateway. Bytes are Base64, numbers are text. */
type WatchAnswer = {
  readonly result: {
    readonly created?: boolean;
    readonly events?: readonly WatchEvent[];
  };
};

type WatchEvent = {
  readonly type?: 'DELETE';
  readonly kv: {
    readonly key: string;
    readonly value?: string;
    readonly mod_revision: string;
    readonly version?: string;
  };
};

/** Custom resources are kept as JSON under their group, kind, namespace and name. */
function rangeOf(namespace: string, fromRevision: number): object {
  const prefix = `/registry/image.toolkit.fluxcd.io/imagepolicies/${namespace}/`;
  const end = prefix.replace(/\/$/, '0');
  // From now on where it is 1: all of the namespace comes after this.
  const from = fromRevision === 1 ? {} : { start_revision: String(fromRevision) };
  return {
    key: Buffer.from(prefix).toString('base64'),
    range_end: Buffer.from(end).toString('base64'),
    ...from,
  };
}

function noteEvent(histories: Map<string, History>, { type, kv }: WatchEvent): void {
  const policy = Buffer.from(kv.key, 'base64').toString().split('/').at(-1) ?? '';
  if (type === 'DELETE') {
    histories.delete(policy);
    return;
  }
  const history = histories.get(policy) ?? { tags: [], missed: [], version: 0, told: 0 };
  histories.set(policy, history);
  const version = Number(kv.version);
  if (version !== history.version + 1)
    history.missed.push(`${policy}: versions before ${version} were not seen`);
  history.version = version;
  const object = JSON.parse(Buffer.from(kv.value ?? '', 'base64').toString()) as StoredPolicy;
  const tag = object.status?.latestRef?.tag;
  if (tag !== history.tags.at(-1)) history.tags.push(tag);
}

type StoredPolicy = { readonly status?: { readonly latestRef?: { readonly tag: string } } };

function newStepsBack(policy: string, history: History): readonly string[] {
  const from = Math.max(0, history.told - 1);
  const tags = history.tags.slice(from);
  history.told = history.tags.length;
  const steps = tags.flatMap((tag, index) => {
    const before = tags[index - 1];
    return index > 0 && numberOf(before) > numberOf(tag) ? [`${policy}: ${before} → ${tag ?? 'none'}`] : [];
  });
  return [...history.missed.splice(0), ...steps];
}

function numberOf(tag: string | undefined): number {
  return tag === undefined ? -1 : Number(tag.split('.')[2]);
}
