import type { EpochMs } from '../clock.ts';
import type { ImageEvent, Snapshot } from '../cluster/snapshot.ts';

/** When nodes pulled references, as far as events still tell (clusters keep them for an hour). */
export type PullHistory = {
  /** The last successful pull on this node that was over when a container started. */
  findPull(node: string, image: string, startedBefore: EpochMs | undefined): EpochMs | undefined;
};

/** Kubelets write whole seconds, and the pull's event may be rounded up past the start it led to. */
const roundingMs = 1000;

export function pullHistoryOf(snapshot: Snapshot): PullHistory {
  const nodeOfPod = new Map(snapshot.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.node]));
  const pulls = new Map<string, EpochMs[]>();
  for (const event of snapshot.events) {
    const image = pulledImage(event);
    const node = event.node ?? nodeOfPod.get(`${event.namespace}/${event.pod}`);
    if (image === undefined || node === undefined) continue;
    const key = `${node}\n${image}`;
    const times = pulls.get(key) ?? [];
    for (const at of [event.firstAt, event.lastAt]) if (at !== undefined) times.push(at);
    pulls.set(key, times);
  }
  return {
    findPull(node, image, startedBefore) {
      const until = startedBefore === undefined ? Number.POSITIVE_INFINITY : startedBefore + roundingMs;
      const times = (pulls.get(`${node}\n${image}`) ?? []).filter((at) => at <= until);
      return times.length === 0 ? undefined : Math.max(...times);
    },
  };
}

/** `Successfully pulled image "REFERENCE" in 27ms …`. Source: kubelet image_manager.go. */
function pulledImage(event: ImageEvent): string | undefined {
  if (event.reason !== 'Pulled') return undefined;
  return /^Successfully pulled image "([^"]+)"/.exec(event.message)?.[1];
}
