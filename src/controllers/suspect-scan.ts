import { repositoryAnnotations } from '../api/annotations.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import type { EpochMs } from '../clock.ts';
import type { ScanResult } from '../ledger/scan.ts';
import type { RunOutcome } from './work-queue.ts';

/** A list that is not believed is not read again sooner: registries in trouble are not helped by questions. */
const suspectRetryMsMin = 30_000;

/** When a list that is not believed is read again: with back-off, but as soon as it may be believed. */
export function retrySuspect(
  outcome: RunOutcome,
  { believableAt }: Pick<ScanResult, 'believableAt'>,
  now: EpochMs,
): RunOutcome {
  if (outcome.kind !== 'failed') return outcome;
  const untilBelievableMs = believableAt === undefined ? Number.POSITIVE_INFINITY : believableAt - now;
  const max = Math.max(suspectRetryMsMin, untilBelievableMs);
  return { ...outcome, waitMs: { min: suspectRetryMsMin, max } };
}

/** How a person accepts a list of so many tags that is not believed. */
export function acceptShrunkCommand({ meta }: ImageRepository, tags: number): string {
  return `kubectl -n ${meta.namespace} annotate --overwrite imagerepository/${meta.name} ${repositoryAnnotations.acceptShrunk}=${tags}`;
}
