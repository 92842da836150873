import { requestedAtAnnotation } from '../api/annotations.ts';
import { conditionTypes, findCondition, isTrue } from '../api/conditions.ts';
import type { ImageRepository, ImageRepositorySpec } from '../api/image-repository.ts';
import type { EpochMs } from '../clock.ts';
import type { ObservedRepository } from '../reflect/decide-scan.ts';
import type { ReflectedImage } from '../reflect/reflected-image.ts';
import type { ListKey } from '../reflect/tag-list.ts';
import type { TagSummary } from '../reflect/tag-revision.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';

/** An ImageRepository whose spec can be worked from. */
export type RepositorySubject = {
  readonly object: ImageRepository;
  readonly spec: ImageRepositorySpec;
  readonly image: ReflectedImage;
  readonly listKey: ListKey;
};

/**
 * What decides whether it is scanned now. Beside Flux the status is not ours: then the ledger alone says when the
 * last scan was.
 */
export async function observeRepository(
  term: Term,
  { object, spec, image, listKey }: RepositorySubject,
  recorded: TagSummary,
): Promise<ObservedRepository> {
  const { status, meta } = object;
  const common = {
    now: term.clock.now(),
    intervalMs: spec.intervalMs,
    canonicalName: image.canonicalName,
    exclusionList: spec.exclusionList,
    recorded,
    hasOtherAccess: term.access.isOther(keyOf(object)),
  };
  if (term.options.observe) {
    const [last] = await term.ledger.listScans(listKey, 1);
    return {
      ...common,
      requestedAt: undefined,
      lastHandledReconcileAt: undefined,
      isScanOwed: false,
      hasFailed: last !== undefined && last.outcome !== 'complete',
      published: last && {
        canonicalName: image.canonicalName,
        exclusionList: spec.exclusionList,
        revision: recorded.revision,
        scannedAt: last.startedAt,
      },
    };
  }
  return {
    ...common,
    requestedAt: meta.annotations[requestedAtAnnotation],
    lastHandledReconcileAt: status.lastHandledReconcileAt,
    isScanOwed: findCondition(status.conditions, conditionTypes.requested) !== undefined,
    hasFailed: !isTrue(status.conditions, conditionTypes.ready),
    published: status.lastScanResult && {
      canonicalName: status.canonicalImageName,
      exclusionList: status.observedExclusionList,
      revision: status.lastScanResult.revision,
      scannedAt: parseInstant(status.lastScanResult.scanTime),
    },
  };
}

function parseInstant(text: string | undefined): EpochMs | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
