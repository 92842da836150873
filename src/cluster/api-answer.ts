import type { IncomingMessage } from 'node:http';
import { type ApiRequest, bodyOf, invalid, reasonOf, refused, unreachable } from './api-request.ts';
import { ClusterError } from './errors.ts';
import { isForeignObject, objectAt } from './foreign-value.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import type { KubernetesObject } from './kubernetes-client.ts';

/** Bytes of one answer: an object is at most 1.5 MiB in etcd; a page of 500 is read with room to spare. */
export const answerBytesMax = 256 * 1024 * 1024;

/** The answer, or what its status means. */
export async function succeed(
  access: ClusterAccess,
  asked: ApiRequest,
  answer: IncomingMessage,
): Promise<IncomingMessage> {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const failure = await refused(access, asked, answer);
  if (status === 409) {
    throw new ClusterError('CLUSTER_CONFLICT', `${asked.method} ${asked.path}: ${failure.message}`, {
      retryable: true,
    });
  }
  if (status === 410) throw gone(asked.path, failure.message);
  throw failure;
}

/** The server has forgotten the resourceVersion that was asked for. */
export function gone(path: string, message: string | undefined): ClusterError {
  return new ClusterError('CLUSTER_GONE', `${path}: ${message ?? 'this resourceVersion is forgotten'}`, {
    retryable: true,
  });
}

/** The whole body. @throws ClusterError `CLUSTER_UNREACHABLE`, `CLUSTER_ANSWER_INVALID`; the signal's reason */
export async function readJson(
  access: ClusterAccess,
  asked: ApiRequest,
  answer: IncomingMessage,
): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of bodyOf(answer)) {
      bytes += piece.length;
      if (bytes > answerBytesMax) {
        answer.destroy();
        throw invalid(access, asked.path, `the answer has more than ${answerBytesMax} bytes`);
      }
      pieces.push(piece);
    }
  } catch (cause) {
    asked.signal?.throwIfAborted();
    throw cause instanceof ClusterError ? cause : unreachable(access, reasonOf(cause), cause);
  }
  return parseJson(access, asked.path, Buffer.concat(pieces).toString('utf8'));
}

/** @throws ClusterError `CLUSTER_ANSWER_INVALID` */
export function parseJson(access: ClusterAccess, path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(access, path, 'it answers no JSON');
  }
}

/** Something with metadata, which may be empty. @throws ClusterError `CLUSTER_ANSWER_INVALID` */
export function asObject(access: ClusterAccess, path: string, value: unknown): KubernetesObject {
  if (!isForeignObject(value)) throw invalid(access, path, 'it answers no object');
  const metadata = objectAt(value, 'metadata');
  return { ...value, metadata };
}
