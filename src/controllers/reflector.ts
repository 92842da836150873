/**
 * Room `controllers`: the controllers of our kinds. Each reconciler observes, lets a pure function decide, acts
 * and reports; nothing else branches. May import every room below.
 *
 * Invariants: `latestRef` moves only as the guard says, by compare-and-set in the ledger and on the object's
 * resourceVersion; nothing is written for what this replica no longer owns; a failure stays visible until it is over.
 */
import type { ReflectedObject } from '../api/api.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../cluster/event-recorder.ts';
import type { KubernetesClient } from '../cluster/kubernetes-client.ts';
import type { ClaimFence } from '../ledger/claims.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../log.ts';
import type { ScanAdmission } from '../memory/memory-level.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { KnownLists } from '../reflect/known-lists.ts';
import type { CloudCredentials } from '../registry/identity/cloud-credentials.ts';
import type { RegistryAccess } from '../registry/open-registry-for.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { Timing } from '../timing.ts';
import type { AccessChanges } from './access-changes.ts';
import type { ObjectStore } from './object-store.ts';
import type { OwnStatuses } from './own-statuses.ts';

/** How the controllers behave: flags, parsed. */
export type ReflectorOptions = {
  /** All namespaces where absent. */
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  readonly noCrossNamespaceRefs: boolean;
  readonly concurrency: number;
  readonly requeueDependencyMs: number;
  readonly retry: { readonly minMs: number; readonly maxMs: number };
  readonly defaultServiceAccount: string | undefined;
  /** Objects may act as ServiceAccounts towards clouds: the gate ObjectLevelWorkloadIdentity. */
  readonly hasObjectIdentity: boolean;
  /** Nothing is written to the cluster: what would be refused is said. */
  readonly observe: boolean;
  /** How often the registry is asked, at most, what a selected tag points to; undefined: never. */
  readonly selectedDigestMs: number | undefined;
};

/** What the controllers stand on. */
export type ReflectorPlaces = {
  readonly client: KubernetesClient;
  readonly ledger: Ledger;
  readonly openRegistry: (access: RegistryAccess) => RegistryReader;
  /** Credentials for objects whose provider is a cloud. */
  readonly clouds: CloudCredentials;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  /** Whether there is memory for another scan beside so many. */
  readonly admitScan: (scansRunning: number) => ScanAdmission;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
};

/** One stretch of owning all or some of the objects: everything a reconciler needs. */
export type Term = ReflectorPlaces & {
  readonly options: ReflectorOptions;
  /** Which cluster the objects are in: the ledger may be shared with others. */
  readonly cluster: string;
  readonly repositories: ObjectStore<ImageRepository>;
  readonly policies: ObjectStore<ImagePolicy>;
  /** The tags of each ImageRepository, and the best of them for each ImagePolicy. */
  readonly lists: KnownLists;
  readonly registries: RegistryClients;
  readonly access: AccessChanges;
  /** What this process wrote, to tell it from what another Holdfast writes. */
  readonly ownStatuses: OwnStatuses;
  /** Whether it is ours. Asked before each write. */
  readonly mayWrite: (object: ReflectedObject) => boolean;
  /** What the ledger is to check with a write for this object. */
  readonly fenceOf: (object: ReflectedObject) => ClaimFence | undefined;
  readonly wakeRepository: (key: string) => void;
  readonly wakePoliciesOf: (repositoryKey: string) => void;
};

/** Clients by what they may show: objects with the same access share connections and tokens. */
export interface RegistryClients {
  clientFor(access: RegistryAccess): RegistryReader;
  close(): Promise<void>;
}
