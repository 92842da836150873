import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import type { Finding } from '../findings/finding.ts';
import { findingOf, type HygieneFacts, type NotKnown, nameOf, type RuleAnswer } from './hygiene.ts';
import type { ListHistory } from './read-history.ts';
import { describeRate, formatCount, scansPerDay } from './repository-costs.ts';

const rule = 'interval-outpaces-change';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Intervals that people write. A day is the longest: nobody wants to wait longer for a fix. */
const intervals: readonly (readonly [text: string, ms: number])[] = [
  ['5m', 5 * minuteMs],
  ['10m', 10 * minuteMs],
  ['15m', 15 * minuteMs],
  ['30m', 30 * minuteMs],
  ['1h', hourMs],
  ['2h', 2 * hourMs],
  ['4h', 4 * hourMs],
  ['6h', 6 * hourMs],
  ['12h', 12 * hourMs],
  ['24h', dayMs],
];

/** Before less than this was seen, nothing is proposed: a quiet weekend is no habit. */
const observedMsMin = 3 * dayMs;
const scansMin = 20;

/** A proposal leaves so many scans between two usual changes, so that each is noticed soon. */
const scansPerChange = 4;

/** A proposal that is less than so many times the interval is not worth a commit. */
const gainMin = 2;

/** Repositories scanned much more often than their tags change, with the interval that would do. */
export function outpacingIntervals({ repositories = [], histories }: HygieneFacts): RuleAnswer {
  const findings: Finding[] = [];
  const notKnown: NotKnown[] = [];
  for (const repository of repositories) {
    const perDay = scansPerDay(repository);
    if (perDay === undefined || repository.spec instanceof FieldError) continue;
    const object = `ImageRepository ${nameOf(repository)}`;
    const history = histories.get(nameOf(repository));
    const because = whyTooLittle(history);
    if (history === undefined || because !== undefined) {
      notKnown.push({ rule, object, because: because ?? 'the ledger has no scans of it' });
      continue;
    }
    const finding = propose(repository, repository.spec.intervalMs, history);
    if (finding !== undefined) findings.push(finding);
  }
  return { findings, notKnown };
}

function whyTooLittle(history: ListHistory | undefined): string | undefined {
  if (history === undefined) return 'the ledger has no scans of it';
  if (history.observedMs >= observedMsMin && history.scans >= scansMin) return undefined;
  const days = formatCount(history.observedMs / dayMs);
  const scans = `${history.scans} ${history.scans === 1 ? 'scan' : 'scans'}`;
  const over = `${days} ${days === '1' ? 'day' : 'days'}`;
  return `the ledger has ${scans} of it over ${over}, and fewer than ${scansMin} over 3 days say little`;
}

function propose(repository: ImageRepository, intervalMs: number, history: ListHistory): Finding | undefined {
  const { observedMs, changes, isWhole, pages } = history;
  const usualMs = observedMs / Math.max(1, changes);
  const proposed = intervals.findLast(([, ms]) => ms <= usualMs / scansPerChange);
  if (proposed === undefined || proposed[1] < gainMin * intervalMs) return undefined;
  const [text, proposedMs] = proposed;
  const [now, then] = [dayMs / intervalMs, dayMs / proposedMs];
  const often = `${isWhole ? '' : 'at least '}${changes === 1 ? 'once' : `${formatCount(changes)} times`}`;
  const changed = changes === 0 ? `did not ${isWhole ? '' : 'visibly '}change` : `changed ${often}`;
  return findingOf(rule, {
    message:
      `ImageRepository ${nameOf(repository)} is scanned ${describeRate(now)}, and its tags ${changed} ` +
      `in ${formatCount(observedMs / dayMs)} days; with interval ${text} it would be ${describeRate(then)}, ` +
      `${formatCount((now - then) * pages)} list pages a day less`,
    hint: `set spec.interval to ${text}; where a change must be seen at once, let a Receiver ask for the scan`,
  });
}
