import { FieldError } from '../api/read-fields.ts';
import type { Finding } from '../findings/finding.ts';
import { findingOf, type HygieneFacts, type NotKnown, nameOf, type RuleAnswer } from './hygiene.ts';
import { formatCount, scansPerDay } from './repository-costs.ts';

const rule = 'exclusion-saves';

/** What is not worth a line in an exclusionList. */
const tagsMin = 100;
const partMin = 0.2;

/** Patterns that an exclusionList may have. Source: Flux, `spec.exclusionList`. */
const exclusionsMax = 25;

/** The exclusion that would leave out most tags, of those that no policy could select. */
export function excludable({ repositories = [], histories }: HygieneFacts): RuleAnswer {
  const findings: Finding[] = [];
  const notKnown: NotKnown[] = [];
  for (const repository of repositories) {
    const { spec } = repository;
    if (spec instanceof FieldError) continue;
    const object = `ImageRepository ${nameOf(repository)}`;
    const history = histories.get(nameOf(repository));
    if (history?.families === undefined) {
      const because =
        history === undefined
          ? 'the ledger has no scans of it'
          : 'no policy says which of its tags are needed';
      notKnown.push({ rule, object, because });
      continue;
    }
    const { families, tagCount, bytes, pages } = history;
    const [best] = families;
    if (best === undefined || best.tags < tagsMin || best.tags < partMin * tagCount) continue;
    if (spec.exclusionList.length >= exclusionsMax) continue;
    const perDay = scansPerDay(repository) ?? 0;
    findings.push(
      findingOf(rule, {
        message:
          `${object}: excluding ${best.pattern} would leave out ${formatCount(best.tags)} of ` +
          `${formatCount(tagCount)} tags, which no policy can select, such as ${best.examples.join(', ')}: ` +
          `${formatBytes(best.bytes)} of ${formatBytes(bytes)} of names to weigh for each selection, ` +
          `${formatBytes(best.bytes * perDay)} a day if each scan finds something new; ` +
          `${pages === 1 ? 'the page' : `the ${formatCount(pages)} pages`} of the registry's list ${pages === 1 ? 'stays' : 'stay'}`,
        hint: `add ${JSON.stringify(best.pattern)} to spec.exclusionList, after ${spec.exclusionList.map((one) => JSON.stringify(one)).join(', ')}`,
      }),
    );
  }
  return { findings, notKnown };
}

function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 1e6) return `${formatCount(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${formatCount(bytes / 1e6)} MB` : `${formatCount(bytes / 1e9)} GB`;
}
