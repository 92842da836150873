import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { parseReflectedImage } from '../reflect/reflected-image.ts';
import { findingOf, type HygieneFacts, nameOf, notKnown, type RuleAnswer } from './hygiene.ts';
import { describeRate, formatCount, scansPerDay } from './repository-costs.ts';

const rule = 'repository-scanned-twice';

/** Objects that scan one image, whatever it is written like; suspended, stalled and failing ones scan nothing. */
export function scannedTwice({ repositories, histories }: HygieneFacts): RuleAnswer {
  if (repositories === undefined) return notKnown(rule, 'ImageRepositories could not be listed');
  const byImage = Map.groupBy(repositories.filter(isScanned), canonicalNameOf);
  const findings = [...byImage].flatMap(([image, all]) => {
    if (image === undefined || all.length < 2) return [];
    const rates = all.map((one) => scansPerDay(one) ?? 0);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const spare = total - Math.max(...rates);
    const pages = all.map((one) => histories.get(nameOf(one))?.pages).find((known) => known !== undefined);
    const asked = pages === undefined ? '' : `, ${formatCount(spare * pages)} list pages`;
    return [
      findingOf(rule, {
        message:
          `${all.length} ImageRepositories scan ${image}: ${all.map(nameOf).sort().join(', ')}; ` +
          `together ${describeRate(total)}, ${formatCount(spare)} more than one would need${asked}`,
        hint: 'keep one, let the other policies refer to it (spec.imageRepositoryRef.namespace), and allow their namespaces in its spec.accessFrom',
        reference: image,
      }),
    ];
  });
  return { findings, notKnown: [] };
}

function isScanned(repository: ImageRepository): boolean {
  return scansPerDay(repository) !== undefined;
}

function canonicalNameOf({ spec }: ImageRepository): string | undefined {
  if (spec instanceof FieldError) return undefined;
  const image = parseReflectedImage(spec.image);
  return 'problem' in image ? undefined : image.canonicalName;
}
