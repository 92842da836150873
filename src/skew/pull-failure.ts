import type { Snapshot } from '../cluster/snapshot.ts';
import { ReferenceError } from '../reference/errors.ts';
import { parseReference } from '../reference/reference.ts';
import { placeKey, placesOf, workloadsOf } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { PullFailure } from './skew-report.ts';

/** Containers without an image, grouped by reference and by what stands in the way. */
export function listPullFailures(
  running: readonly RunningContainer[],
  snapshot: Snapshot,
): readonly PullFailure[] {
  const failing = running.filter(({ cannotPull }) => cannotPull);
  const lastFailures = listLastFailures(snapshot);
  const told = failing.map((one) => {
    const { state, image } = one.container;
    const reason = state.kind === 'waiting' ? state.reason : '';
    const message = messageOf(one, lastFailures);
    return { one, image, reason, message, explanation: explainPullFailure(image, reason, message) };
  });
  const groups = Map.groupBy(told, ({ image, explanation }) => `${image}\n${explanation}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const containers = group.map(({ one }) => one);
    return [
      {
        reference: first.image,
        reason: first.reason,
        explanation: first.explanation,
        message: first.message,
        pods: placesOf(containers),
        workloads: workloadsOf(containers),
      },
    ];
  });
}

/** The status's words, or the last event's where the status only says that it waits. */
function messageOf({ pod, container }: RunningContainer, lastFailures: ReadonlyMap<string, string>): string {
  const message = container.state.kind === 'waiting' ? container.state.message : '';
  if (message !== '' && !/^Back-off pulling image "[^"]*"$/.test(message)) return message;
  return lastFailures.get(`${placeKey(pod)}/${container.name}`) ?? message;
}

/** What the last event about a failed pull says, by pod and container; events come oldest first. */
function listLastFailures({ events }: Snapshot): ReadonlyMap<string, string> {
  return new Map(
    events
      .filter(({ message }) => message.startsWith('Failed to pull image'))
      .map(({ namespace, pod, container = '', message }) => [`${namespace}/${pod}/${container}`, message]),
  );
}

/** Signs in a message, the telling ones first: `not found` stands at the end of many that mean something else. */
const signs: readonly (readonly [sign: RegExp, explanation: string])[] = [
  [/no match for platform|no matching manifest/i, 'the image has no build for the platform of the node'],
  [/no space left|disk quota/i, 'the disk of the node is full'],
  [
    /toomanyrequests|too many requests|rate limit|\b429\b/i,
    'the registry limits how often the node may pull',
  ],
  [/x509|certificate/i, 'the node does not trust the certificate of the registry'],
  [/no such host|server misbehaving|lookup .*timeout/i, 'the node cannot resolve the name of the registry'],
  [/server gave HTTP response to HTTPS/i, 'the registry speaks plain HTTP and the node expects TLS'],
  [/connection refused/i, 'nothing listens at the address of the registry'],
  [
    /i\/o timeout|deadline exceeded|handshake timeout|no route to host/i,
    'the node cannot reach the registry',
  ],
  [
    /pull access denied|repository does not exist/i,
    'the repository does not exist, or the node may not read it: the registry does not say which',
  ],
  [
    /unauthorized|authentication required|\b401\b/i,
    'the registry wants other credentials than the node sent',
  ],
  [/denied|forbidden|\b403\b/i, 'the registry does not let the node read it'],
  [/not found|manifest unknown|name unknown|\b404\b/i, 'the registry has no such tag or repository'],
  [/\b50\d\b|internal server error|bad gateway|unavailable/i, 'the registry itself fails'],
];

/** What a failed pull means, in a sentence, as far as a look at its message tells. */
export function explainPullFailure(image: string, reason: string, message: string): string {
  if (reason === 'InvalidImageName') return `the reference is not valid: ${hintOn(image)}`;
  if (reason === 'ErrImageNeverPull') return 'imagePullPolicy is Never, and the node does not have the image';
  // Names and digests may hold anything, a tag "429" too: they are no signs.
  const masked = message
    .replaceAll(image, '<reference>')
    .replace(/"https?:[^"]*"/g, '<url>')
    .replace(/sha256:[0-9a-f]+/g, '<digest>');
  const found = signs.find(([sign]) => sign.test(masked));
  return found?.[1] ?? 'the node could not pull it, and the message tells no cause';
}

function hintOn(image: string): string {
  try {
    parseReference(image);
    return 'the runtime refuses it';
  } catch (error) {
    return error instanceof ReferenceError && error.hint !== undefined ? error.hint : 'correct it';
  }
}
