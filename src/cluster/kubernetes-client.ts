import type { ForeignObject } from './foreign-value.ts';

/** A kind of object and where the API serves it. */
export type ResourceKind = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in the path, e.g. `imagepolicies`. */
  readonly plural: string;
};

export type NamespacedName = { readonly namespace: string; readonly name: string };

/** An object as the API gave it: nothing in it is trusted but its name and resourceVersion. */
export type KubernetesObject = ForeignObject & { readonly metadata: ForeignObject };

export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubernetesObject }
  /** Nothing happened up to here: a place to go on from after a broken connection. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

export type ListRequest = {
  /** All namespaces where absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Objects come without spec, status and data: nothing of a Secret is sent but its name. */
  readonly metadataOnly?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type WatchRequest = ListRequest & {
  /** From where on. @throws ClusterError `CLUSTER_GONE` where the server has forgotten it */
  readonly resourceVersion: string;
};

export type PatchOptions = {
  readonly fieldManager: string;
  readonly subresource?: 'status';
  readonly signal?: AbortSignal | undefined;
};

/**
 * The part of the Kubernetes API that controllers use. An object that is not there is an answer (undefined), a
 * lost race is a `ClusterError` `CLUSTER_CONFLICT`: whoever writes what it read sends the `resourceVersion`.
 */
export interface KubernetesClient {
  read(kind: ResourceKind, name: NamespacedName, signal?: AbortSignal): Promise<KubernetesObject | undefined>;
  /** Every object page by page, and the resourceVersion to watch from. */
  list(
    kind: ResourceKind,
    request: ListRequest,
    take: (object: KubernetesObject) => void,
  ): Promise<{ readonly resourceVersion: string }>;
  /** Ends when the server ends it, which it does every few minutes; `follow` goes on from there. */
  watch(kind: ResourceKind, request: WatchRequest): AsyncIterable<WatchEvent>;
  create(
    kind: ResourceKind,
    namespace: string,
    object: ForeignObject,
    signal?: AbortSignal,
  ): Promise<KubernetesObject>;
  /**
   * A token that the cluster signs for an audience, good for ten minutes: who holds it is the ServiceAccount. Source:
   * the subresource `token`, TokenRequest v1.
   */
  requestToken(serviceAccount: NamespacedName, audience: string, signal?: AbortSignal): Promise<string>;
  /** Replaces what has this object's resourceVersion. */
  replace(kind: ResourceKind, object: KubernetesObject, options?: PatchOptions): Promise<KubernetesObject>;
  /** JSON merge patch (RFC 7396); a `metadata.resourceVersion` in it makes it conditional. */
  mergePatch(
    kind: ResourceKind,
    name: NamespacedName,
    patch: ForeignObject,
    options: PatchOptions,
  ): Promise<KubernetesObject>;
  /** Absent already is as good as removed. */
  remove(kind: ResourceKind, name: NamespacedName, signal?: AbortSignal): Promise<void>;
}
