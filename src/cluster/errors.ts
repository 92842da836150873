import { HoldfastError } from '../errors.ts';

export type ClusterErrorCode =
  /** Not what `kubectl get … -o json|yaml` writes, or cut off. */
  | 'SNAPSHOT_UNREADABLE'
  /** Readable, but no pod list is in it. */
  | 'SNAPSHOT_EMPTY'
  /** Beyond a limit on what is read. */
  | 'SNAPSHOT_TOO_LARGE'
  /** No kubeconfig, no such context, or an auth plugin that failed. */
  | 'KUBECONFIG_INVALID'
  | 'CLUSTER_UNREACHABLE'
  /** 401: the credential is missing, wrong or expired. */
  | 'CLUSTER_UNAUTHORIZED'
  /** 403: known, but not allowed. */
  | 'CLUSTER_FORBIDDEN'
  /** 404 where an object, its namespace or its kind has to be there. */
  | 'CLUSTER_NOT_FOUND'
  /** 409: somebody else wrote the object first. */
  | 'CLUSTER_CONFLICT'
  /** 410: the server has forgotten the resourceVersion; list again. */
  | 'CLUSTER_GONE'
  /** Any other answer that is not what was asked for. */
  | 'CLUSTER_ANSWER_INVALID';

/** A cluster, or what was written down of one, that could not be read. */
export class ClusterError extends HoldfastError<ClusterErrorCode> {
  override readonly name = 'ClusterError';
}
