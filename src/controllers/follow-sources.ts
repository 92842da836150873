import { follow } from '../cluster/follow.ts';
import { namespacedNameOf } from '../cluster/namespaced-name.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type AccessSource, secretKind, serviceAccountKind } from '../reflect/access-secrets.ts';
import type { ReflectorOptions, ReflectorPlaces } from './reflector.ts';

/** Kinds of Secrets that no ImageRepository can name to any use, and clusters have most of. */
const passedOver = [
  'helm.sh/release.v1',
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
];

export type SourceFollowing = {
  readonly signal: AbortSignal;
  readonly onChange: (source: Source) => void;
  /** From now on changes are heard. What changed before, since somebody read it, was not. */
  readonly onHearing: () => void;
};

/**
 * Tells changes of every Secret and ServiceAccount, by name alone: what they hold is not sent. Where the rights for
 * that are missing it says so once, and goes on asking.
 */
export async function followSources(
  { client, timing, log }: Pick<ReflectorPlaces, 'client' | 'timing' | 'log'>,
  { namespace }: Pick<ReflectorOptions, 'namespace'>,
  { signal, onChange, onHearing }: SourceFollowing,
): Promise<void> {
  const kinds = [
    { kind: secretKind, name: 'Secret', fieldSelector: passedOver.map((type) => `type!=${type}`).join(',') },
    { kind: serviceAccountKind, name: 'ServiceAccount', fieldSelector: undefined },
  ] as const;
  await Promise.all(
    kinds.map(({ kind, name: kindName, fieldSelector }) => {
      let isHearing = false;
      const tell = (name: Pick<Source, 'namespace' | 'name'>): void => {
        if (isHearing) onChange({ kind: kindName, ...name });
      };
      return follow(client, kind, {
        namespace,
        metadataOnly: true,
        fieldSelector,
        signal,
        timing,
        log: withoutRepeats(log),
        onChange: (object) => tell(namespacedNameOf(object)),
        onRemoved: tell,
        onSynced: () => {
          isHearing = true;
          onHearing();
        },
        onFailures: (failures, error) => sayOnce(log, kind.plural, failures, error),
      });
    }),
  );
}

type Source = AccessSource & { readonly namespace: string };

function sayOnce(log: Log, plural: string, failures: number, error: unknown): void {
  if (failures === 0) log.write('info', `changes of ${plural} are heard again`);
  // The first failure may be a connection that breaks, as watches do.
  if (failures !== 2) return;
  log.write(
    'warn',
    `changes of ${plural} are not heard: ImageRepositories that need them wait for their next attempt: ${describeError(error)}`,
  );
}

function withoutRepeats(log: Log): Log {
  return { write: (_level, message, fields) => log.write('debug', message, fields) };
}
