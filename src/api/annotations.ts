import { nearestName } from '../spelling.ts';
import { parseDuration } from './duration.ts';

/** Any changed value asks for a reconciliation now; `status.lastHandledReconcileAt` repeats it. */
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** Whether a request is another than the one that the status repeats; an empty one is no first request. */
export function isNewRequest(requestedAt: string | undefined, handled: string | undefined): boolean {
  return requestedAt !== undefined && requestedAt !== (handled ?? '');
}

/** Ours, on an ImagePolicy. */
export const policyAnnotations = {
  /** `true`: what is selected stays. */
  hold: 'holdfast.dev/hold',
  holdReason: 'holdfast.dev/hold-reason',
  /** RFC 3339: the hold ends by itself. */
  holdUntil: 'holdfast.dev/hold-until',
  /** The tag to go back to; stays selected for as long as this stands. */
  allowRollback: 'holdfast.dev/allow-rollback',
  rollbackReason: 'holdfast.dev/rollback-reason',
  /** A duration: younger tags are not selected. */
  minimumAge: 'holdfast.dev/minimum-age',
  /** `Hold` or `Rollback`: what happens when the selected tag is really gone. */
  onMissing: 'holdfast.dev/on-missing',
} as const;

/** Ours, on an ImageRepository. */
export const repositoryAnnotations = {
  /** A number of tags: a list of so many or more is right, however many there were before. */
  acceptShrunk: 'holdfast.dev/accept-shrunk',
} as const;

/** RFC 3339. `Date.parse` alone takes `Dec 24` for one of 2001, and a hold would be over before it began. */
const instantPattern = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i;

const domain = 'holdfast.dev/';

const policyKeys: readonly string[] = Object.values(policyAnnotations);
const repositoryKeys: readonly string[] = Object.values(repositoryAnnotations);

/** Annotations told of one by one. */
const toldMax = 10;

export type PolicyWishes = {
  readonly hold: { readonly reason: string; readonly expiresAt: number | undefined } | undefined;
  readonly consent:
    | { readonly tag: string; readonly by: string; readonly reason: string | undefined }
    | undefined;
  readonly minimumAgeMs: number | undefined;
  readonly onMissing: 'Hold' | 'Rollback';
  /** What cannot be understood, one sentence each. */
  readonly problems: readonly string[];
};

/**
 * What the annotations of an ImagePolicy ask for. One that cannot be understood is a problem; a hold is then in
 * force rather than not, because whoever wrote it wanted nothing to move.
 */
export function parsePolicyWishes(annotations: Readonly<Record<string, string>>): PolicyWishes {
  const problems: string[] = [];
  const read = (key: string): string | undefined => annotations[key]?.trim() || undefined;
  const refuse = (key: string, expected: string): undefined => {
    problems.push(
      `annotation ${key} must be ${expected}, got ${JSON.stringify(annotations[key]?.slice(0, 200))}`,
    );
    return undefined;
  };
  const holdUntil = read(policyAnnotations.holdUntil);
  const expiresAt =
    holdUntil !== undefined && instantPattern.test(holdUntil) ? Date.parse(holdUntil) : Number.NaN;
  if (holdUntil !== undefined && Number.isNaN(expiresAt)) {
    refuse(policyAnnotations.holdUntil, 'an instant such as 2026-12-01T08:00:00Z');
  }
  const hold = annotations[policyAnnotations.hold]?.trim();
  if (hold !== undefined && hold !== 'true' && hold !== 'false')
    refuse(policyAnnotations.hold, 'true or false');
  if (hold === undefined && holdUntil !== undefined)
    problems.push(
      `annotation ${policyAnnotations.holdUntil} holds nothing without ${policyAnnotations.hold}`,
    );
  const age = read(policyAnnotations.minimumAge);
  const minimumAgeMs = age === undefined ? undefined : parseDuration(age);
  if (age !== undefined && minimumAgeMs === undefined)
    refuse(policyAnnotations.minimumAge, 'a duration such as 72h');
  const onMissing = read(policyAnnotations.onMissing) ?? 'Hold';
  if (onMissing !== 'Hold' && onMissing !== 'Rollback')
    refuse(policyAnnotations.onMissing, 'Hold or Rollback');
  const unknown = Object.keys(annotations).filter(
    (key) => key.startsWith(domain) && !policyKeys.includes(key),
  );
  problems.push(...tellSome(unknown, (key) => describeUnknown(key, policyKeys)));
  const tag = read(policyAnnotations.allowRollback);
  return {
    hold:
      hold === undefined || hold === 'false'
        ? undefined
        : {
            reason: read(policyAnnotations.holdReason) ?? 'no reason given',
            expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
          },
    consent:
      tag === undefined
        ? undefined
        : {
            tag,
            by: `annotation ${policyAnnotations.allowRollback}`,
            reason: read(policyAnnotations.rollbackReason),
          },
    // Nobody knows what was meant: the longest wait is the one that breaks nothing.
    minimumAgeMs: age !== undefined && minimumAgeMs === undefined ? Number.MAX_SAFE_INTEGER : minimumAgeMs,
    onMissing: onMissing === 'Rollback' ? 'Rollback' : 'Hold',
    problems,
  };
}

/** From how many tags on a list is right, however many there were before; undefined: nobody says so. */
export function parseAcceptShrunk(annotations: Readonly<Record<string, string>>): number | undefined {
  const text = annotations[repositoryAnnotations.acceptShrunk]?.trim() ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** What is wrong with the annotations of an ImageRepository, one sentence each. */
export function findRepositoryProblems(annotations: Readonly<Record<string, string>>): readonly string[] {
  const { acceptShrunk } = repositoryAnnotations;
  const accepted = annotations[acceptShrunk];
  const isMisread = accepted !== undefined && parseAcceptShrunk(annotations) === undefined;
  const misread = `annotation ${acceptShrunk} must be a number of tags, got ${JSON.stringify(accepted?.slice(0, 200))}`;
  const others = Object.keys(annotations).filter(
    (key) => key.startsWith(domain) && !repositoryKeys.includes(key),
  );
  const told = tellSome(others, (key) =>
    policyKeys.includes(key)
      ? `annotation ${key} means nothing on an ImageRepository: write it on an ImagePolicy`
      : describeUnknown(key, [...policyKeys, ...repositoryKeys]),
  );
  return isMisread ? [misread, ...told] : told;
}

function tellSome(keys: readonly string[], describe: (key: string) => string): readonly string[] {
  const told = keys.toSorted().slice(0, toldMax).map(describe);
  return keys.length <= toldMax
    ? told
    : [...told, `annotation ${domain}… is not known ${keys.length - toldMax} times more`];
}

function describeUnknown(key: string, known: readonly string[]): string {
  const near = nearestName(known, key);
  const help = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
  return `annotation ${key} is not known; ${help}`;
}
