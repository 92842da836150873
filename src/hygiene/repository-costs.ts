import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { type HygieneFacts, nameOf } from './hygiene.ts';

const dayMs = 86_400_000;

/** What a repository costs, as far as is known. */
export type RepositoryCost = {
  readonly namespace: string;
  readonly name: string;
  /** As written. */
  readonly image: string | undefined;
  readonly intervalMs: number | undefined;
  /** 0 where it is suspended; undefined where its spec cannot be read. */
  readonly scansPerDay: number | undefined;
  /** Pages of the registry's list in the last whole scan that the ledger has. */
  readonly pages: number | undefined;
  readonly tags: number | undefined;
  /** Scans that changed which tags are listed, over so long. */
  readonly changes: number | undefined;
  readonly observedMs: number | undefined;
};

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
export function scansPerDay({ spec }: ImageRepository): number | undefined {
  if (spec instanceof FieldError || spec.suspend || spec.intervalMs <= 0) return undefined;
  return dayMs / spec.intervalMs;
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
