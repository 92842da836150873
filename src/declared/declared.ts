/**
 * Room `declared`: the first of the four places, what Git and folders say. It turns PATHs into files and
 * their image fields. May import `manifests`, `findings`, `reference`, and its neighbours `git` and `render`.
 *
 * Invariants: a file is read as the exact text of its bytes, so that an edit can give them back; a file
 * that cannot be read is a problem, never a silence.
 */
import type { Problem } from '../findings/finding.ts';
import type { ImageField } from '../manifests/image-field.ts';
import type { ImageRules } from '../manifests/rules.ts';

/** One file under a PATH, with what was found in it. */
export type DeclaredFile = {
  /** As shown to people: relative to the PATH given, `/` as separator; the file's own name for a file PATH. */
  readonly file: string;
  /** Where edits go; undefined where there is no file to edit (stdin, rendered output, a Git commit). */
  readonly path: string | undefined;
  /** The decoded text with BOM and line ends as they are: encoding it as UTF-8 gives the same bytes. */
  readonly text: string;
  readonly fields: readonly ImageField[];
  readonly problems: readonly Problem[];
  /** What the fields were found with besides the finder's own knowledge, for looking again after an edit. */
  readonly rules?: ImageRules;
};

/**
 * Problems that say how something was looked at, not that it could not be. All others mean that images may
 * be missing from the answer.
 */
const noteCodes: ReadonlySet<string> = new Set([
  'NO_MANIFEST_FILES',
  'LINK_NOT_FOLLOWED',
  'REMOTE_RESOURCE',
  'CHART_NOT_RENDERED',
  'SUBMODULE_NOT_READ',
  'VENDOR_NOT_READ',
]);

export function isNote(problem: Problem): boolean {
  return noteCodes.has(problem.code);
}
