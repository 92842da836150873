import type { EpochMs } from '../clock.ts';
import type { WaitingTag } from '../policy/guard.ts';
import type { Reason } from '../policy/rejections.ts';
import type { Candidate, SelectionPolicy } from '../policy/select.ts';
import {
  followRejections,
  followStanding,
  type Standing,
  standingOf,
  type TagChange,
} from '../policy/standing.ts';
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
  /** Tags that the filter let through: with none, no order had anything to choose from. */
  readonly filtered: number;
  /** Why none was chosen, where none was: most frequent first. */
  readonly rejections: readonly Rejection[];
  /** When the first of the tags that are too young will be old enough. */
  readonly ripeAt: EpochMs | undefined;
};

/** How many tags are not chosen for one reason, and one of them. */
export type Rejection = { readonly reason: string; readonly count: number; readonly example: string };

/** What was elected for one object from one generation of a list. */
export type Elected = WantedPolicy & {
  readonly standing: Standing;
  /** Empty where there is a best tag: nobody asks then. */
  readonly rejections: readonly Reason[];
  readonly waiting: WaitingTag | undefined;
  readonly ripeAt: EpochMs | undefined;
  readonly electedAt: EpochMs;
};

export function electedFrom(wanted: WantedPolicy, selected: SelectedTags, electedAt: EpochMs): Elected {
  const { waiting, ripeAt, reasons } = selected;
  const rejections = selected.selected === undefined ? reasons : [];
  return { ...wanted, standing: standingOf(selected), rejections, waiting, ripeAt, electedAt };
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
  if (standing === undefined) return undefined;
  const isFound = standing.best !== undefined;
  const rejections = isFound ? [] : followRejections(elected.policy, elected.rejections, change);
  return rejections && { ...elected, standing, rejections };
}

export function offerOf({ standing, rejections, waiting, ripeAt }: Elected, summary: TagSummary): Offer {
  const { best, filtered } = standing;
  const told = rejections.map(({ reason, count, examples: [example = ''] }) => ({ reason, count, example }));
  return { offered: best, waiting, summary, filtered, rejections: told, ripeAt };
}
