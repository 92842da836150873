import type { ImageRepository } from '../api/image-repository.ts';
import type { EpochMs } from '../clock.ts';
import type { ScanResult } from '../ledger/scan.ts';
import { repositoryName } from '../reference/repository.ts';
import type { ReflectedImage } from '../reflect/reflected-image.ts';
import type { ListKey } from '../reflect/tag-list.ts';
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

/** How a person accepts a list that an object is not believed. */
export function acceptShrunkCommand(
  { repository }: ReflectedImage,
  { isShared }: ListKey,
  { meta }: ImageRepository,
): string {
  const own = isShared ? '' : ` --image-repository ${meta.namespace}/${meta.name}`;
  const command = `holdfast scan ${repositoryName(repository)} --accept-shrunk${own}`;
  return `${command} (in the controller's pod, on its ledger)`;
}
