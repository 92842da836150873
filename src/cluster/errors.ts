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
  /** Any other answer that is no list. */
  | 'CLUSTER_ANSWER_INVALID';

/** A cluster, or what was written down of one, that could not be read. */
export class ClusterError extends HoldfastError<ClusterErrorCode> {
  override readonly name = 'ClusterError';
}
