import { conditionTypes, findCondition, isTrue } from '../api/conditions.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { parseReflectedImage } from '../reflect/reflected-image.ts';
import { type HygieneFacts, nameOf, type RepositoryCost } from './hygiene.ts';

const dayMs = 86_400_000;

export function repositoryCosts({ repositories = [], histories }: HygieneFacts): readonly RepositoryCost[] {
  return repositories.map((repository) => {
    const { meta, spec, status } = repository;
    const history = histories.get(nameOf(repository));
    const isReadable = !(spec instanceof FieldError);
    return {
      namespace: meta.namespace,
      name: meta.name,
      image: isReadable ? spec.image : undefined,
      intervalMs: isReadable ? spec.intervalMs : undefined,
      scansPerDay: isReadable ? (scansPerDay(repository) ?? 0) : undefined,
      pages: history?.pages,
      tags: history?.tagCount ?? status.lastScanResult?.tagCount,
      changes: history?.changes,
      observedMs: history?.observedMs,
    };
  });
}

/** How often a repository is scanned by its interval; undefined where it is not. */
export function scansPerDay(repository: ImageRepository): number | undefined {
  const { spec } = repository;
  return spec instanceof FieldError || whyNotScanned(repository) !== undefined
    ? undefined
    : dayMs / spec.intervalMs;
}

/** Why a repository is not scanned, undefined where it is. Objects of files have no status, and are taken to be. */
export function whyNotScanned({ spec, status }: ImageRepository): string | undefined {
  if (spec instanceof FieldError) return 'its spec cannot be read';
  if (spec.suspend) return 'it is suspended';
  if (spec.intervalMs <= 0) return 'it has no interval';
  if ('problem' in parseReflectedImage(spec.image)) return 'its image is no repository';
  const { conditions, lastScanResult } = status;
  if (isTrue(conditions, conditionTypes.stalled)) return 'it is stalled';
  const hasFailed = findCondition(conditions, conditionTypes.ready)?.status === 'False';
  return hasFailed && lastScanResult === undefined ? 'no scan of it has succeeded' : undefined;
}

/** `1,440 times a day`. */
export function describeRate(perDay: number): string {
  return perDay === 1 ? 'once a day' : `${formatCount(perDay)} times a day`;
}

/** With a comma between thousands; a tenth where it is small. */
export function formatCount(count: number): string {
  const rounded = count < 10 ? Math.round(count * 10) / 10 : Math.round(count);
  return rounded.toLocaleString('en-US');
}
