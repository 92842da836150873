import { describeError, HoldfastError } from '../errors.ts';
import { effectiveTag, normalizedReference, type Reference } from '../reference/reference.ts';
import { repositoryName } from '../reference/repository.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { Published } from './skew-report.ts';

/** Longest wait for one answer: somebody sits there at night, and the verdict does not hang on it. */
const answerMs = 15_000;

/** Questions under way at once on one registry. */
const atOnce = 8;

/** Failures of the way to a registry, not of one repository: asking the next will not fare better. */
const hostCodes: ReadonlySet<string> = new Set([
  'DNS_FAILED',
  'REGISTRY_UNREACHABLE',
  'TIMEOUT',
  'PROXY_FAILED',
  'PLAIN_HTTP',
  'NOT_A_REGISTRY',
  'TLS_UNTRUSTED',
  'TLS_EXPIRED',
  'TLS_NAME_MISMATCH',
  'TLS_FAILED',
]);

type Question = { readonly key: string; readonly reference: Reference };
type AskOptions = { readonly signal?: AbortSignal; readonly onProgress?: (text: string) => void };

/**
 * What each tag names in its registry now, by key. A registry that does not answer is asked once; what it did
 * not say is unknown, with the reason.
 */
export async function askPublished(
  questions: readonly Question[],
  registry: RegistryReader,
  options: AskOptions,
): Promise<ReadonlyMap<string, Published>> {
  const answers = new Map<string, Published>();
  const byHost = Map.groupBy(questions, ({ reference }) => reference.repository.registry);
  await Promise.all(
    [...byHost.values()].map(async (waiting) => askHost([...waiting], registry, answers, options)),
  );
  return answers;
}

async function askHost(
  waiting: Question[],
  registry: RegistryReader,
  answers: Map<string, Published>,
  options: AskOptions,
): Promise<void> {
  let silence: string | undefined;
  const askNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { key, reference } = next;
      options.onProgress?.(`asking ${reference.repository.registry} for ${reference.original}`);
      const answer =
        silence === undefined ? await askOne(reference, registry, options.signal) : { reason: silence };
      if ('isHostSilent' in answer && answer.isHostSilent) silence = answer.reason;
      answers.set(key, 'reason' in answer ? { kind: 'unknown', reason: answer.reason } : answer);
    }
  };
  // The first goes alone: it finds out whether the registry answers at all.
  const [first] = waiting.splice(0, 1);
  const rest = waiting.splice(0);
  if (first !== undefined) waiting.push(first);
  await askNext();
  waiting.push(...rest);
  await Promise.all(Array.from({ length: atOnce }, askNext));
}

type Silence = { readonly reason: string; readonly isHostSilent: boolean };

async function askOne(
  reference: Reference,
  registry: RegistryReader,
  signal: AbortSignal | undefined,
): Promise<Published | Silence> {
  const tag = effectiveTag(reference);
  if (tag === undefined) return { kind: 'absent' };
  const limit = AbortSignal.timeout(answerMs);
  try {
    const head = await registry.headManifest(reference.repository, tag, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    return head === undefined ? { kind: 'absent' } : { kind: 'digest', digest: head.digest };
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) {
      const reason = `${reference.repository.registry} did not answer within ${answerMs / 1000} seconds`;
      return { reason, isHostSilent: true };
    }
    const isHostSilent = error instanceof HoldfastError && hostCodes.has(error.code);
    return { reason: withoutPlace(describeError(error), reference), isHostSilent };
  }
}

/** The message without the reference it begins with: the reader knows it, and a silent host is told of others. */
function withoutPlace(message: string, reference: Reference): string {
  const places = [reference.original, normalizedReference(reference), repositoryName(reference.repository)];
  const place = places.find((one) => message.startsWith(`${one}: `));
  return place === undefined ? message : message.slice(place.length + 2);
}
