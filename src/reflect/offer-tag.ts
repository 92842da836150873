import type { EpochMs } from '../clock.ts';
import type { WaitingTag } from '../policy/guard.ts';
import type { Candidate, SelectionPolicy } from '../policy/select.ts';
import { followStanding, type Standing, standingOf, type TagChange } from '../policy/standing.ts';
import type { SelectedTags } from './select-tags.ts';
import type { TagSummary } from './tag-revision.ts';

/** What one object's policy asks of a list of tags. */
export type WantedPolicy = {
  /** Of the object: `namespace/name`. */
  readonly name: string;
  /** Other where anything is wanted that `policy` says, but for the age. */
  readonly fingerprint: string;
  readonly policy: SelectionPolicy;
};

export type Offer = {
  /** Best tag, absent where none matches or all are too young. */
  readonly offered: Candidate | undefined;
  /** Best tag, whatever its age; absent where that is `offered`. */
  readonly waiting: WaitingTag | undefined;
  /** Of the tags it was chosen from. */
  readonly summary: TagSummary;
  readonly matched: number;
  /** The filter let no tag through, so that no order had anything to choose from. */
  readonly isFiltered: boolean;
  /** When the first of the tags that are too young will be old enough. */
  readonly ripeAt: EpochMs | undefined;
};

/** What was elected for one object from one generation of a list. */
export type Elected = WantedPolicy & {
  readonly standing: Standing;
  readonly waiting: WaitingTag | undefined;
  readonly ripeAt: EpochMs | undefined;
  readonly electedAt: EpochMs;
};

export function electedFrom(wanted: WantedPolicy, selected: SelectedTags, electedAt: EpochMs): Elected {
  const { waiting, ripeAt } = selected;
  return { ...wanted, standing: standingOf(selected), waiting, ripeAt, electedAt };
}

/** Whether it is still the answer, as long as the list stays: until a tag that was too young is old enough. */
export function isElected(
  elected: Elected | undefined,
  wanted: WantedPolicy,
  now: EpochMs,
): elected is Elected {
  return (
    elected !== undefined &&
    elected.fingerprint === wanted.fingerprint &&
    elected.policy.minimumAgeMs === wanted.policy.minimumAgeMs &&
    (elected.policy.minimumAgeMs === undefined || elected.electedAt <= now) &&
    (elected.ripeAt === undefined || now < elected.ripeAt)
  );
}

/** The same election from the changed list; undefined where the changes alone do not say it. */
export function followElected(elected: Elected, change: TagChange): Elected | undefined {
  const standing = followStanding(elected.policy, elected.standing, change);
  return standing && { ...elected, standing };
}

export function offerOf({ standing, waiting, ripeAt }: Elected, summary: TagSummary): Offer {
  const { best, matched, filtered } = standing;
  return { offered: best, waiting, summary, matched, isFiltered: filtered === 0, ripeAt };
}
