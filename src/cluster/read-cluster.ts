import type { Clock } from '../clock.ts';
import { ClusterError } from './errors.ts';
import { type ClusterAccessOptions, openClusterAccess } from './kubeconfig.ts';
import { listObjects } from './list-objects.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';

export type ReadClusterOptions = ClusterAccessOptions & {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** `-l`: which pods. */
  readonly selector?: string | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (objects: number, what: string) => void;
};

type Listing = {
  readonly kind: string;
  readonly plural: string;
  readonly group: string;
  readonly isNamespaced: boolean;
  readonly fieldSelector?: string;
};

/** What a snapshot is made of. Pods first: without them there is none. */
const listings: readonly Listing[] = [
  { kind: 'Pod', plural: 'pods', group: '/api/v1', isNamespaced: true },
  { kind: 'Node', plural: 'nodes', group: '/api/v1', isNamespaced: false },
  {
    kind: 'Event',
    plural: 'events',
    group: '/api/v1',
    isNamespaced: true,
    fieldSelector: 'involvedObject.kind=Pod',
  },
  { kind: 'ReplicaSet', plural: 'replicasets', group: '/apis/apps/v1', isNamespaced: true },
  { kind: 'Deployment', plural: 'deployments', group: '/apis/apps/v1', isNamespaced: true },
  { kind: 'StatefulSet', plural: 'statefulsets', group: '/apis/apps/v1', isNamespaced: true },
  { kind: 'DaemonSet', plural: 'daemonsets', group: '/apis/apps/v1', isNamespaced: true },
  { kind: 'Job', plural: 'jobs', group: '/apis/batch/v1', isNamespaced: true },
  { kind: 'CronJob', plural: 'cronjobs', group: '/apis/batch/v1', isNamespaced: true },
];

/**
 * The snapshot of a live cluster, read only by listing. What one may not list is a problem in it, pods apart.
 * @throws ClusterError `KUBECONFIG_INVALID`, `CLUSTER_*`
 */
export async function readCluster(options: ReadClusterOptions): Promise<Snapshot> {
  const builder = new SnapshotBuilder();
  const access = await openClusterAccess({ ...options, dumpCommand: builder.dumpCommand });
  for (const listing of listings) {
    try {
      await listObjects(access, {
        path: pathOf(listing, options.namespace),
        labelSelector: listing.kind === 'Pod' ? options.selector : undefined,
        fieldSelector: listing.fieldSelector,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        take(object, listKind) {
          builder.add(object, listKind);
          options.onProgress?.(builder.objectCount, listing.plural);
        },
        restart: () => builder.forget(listing.kind),
      });
      builder.cover(listing.kind);
    } catch (error) {
      if (!(error instanceof ClusterError) || listing.kind === 'Pod' || !isPartial(error)) throw error;
      builder.addProblem({ code: error.code, message: error.message, hint: hintWithout(listing) });
    }
  }
  return builder.finish(options.clock.now());
}

/** A right that is missing, or a kind the server does not serve, takes one kind away and no more. */
function isPartial({ code }: ClusterError): boolean {
  return code === 'CLUSTER_FORBIDDEN' || code === 'CLUSTER_NOT_FOUND' || code === 'CLUSTER_ANSWER_INVALID';
}

function hintWithout({ plural }: Listing): string {
  return `the report does without ${plural}; the right to list them would sharpen it`;
}

function pathOf({ group, plural, isNamespaced }: Listing, namespace: string | undefined): string {
  return namespace === undefined || !isNamespaced
    ? `${group}/${plural}`
    : `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
