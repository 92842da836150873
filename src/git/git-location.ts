/**
 * Room `git`: commits of Git repositories as folders of files, through the git program. It reads; it never
 * writes to a repository. May import `program` and rung 0.
 *
 * Invariants: nothing that a person or a file wrote can become an option of git or of ssh; git never asks a
 * question; nothing stays in the temporary folder.
 */
import { GitError } from './errors.ts';

/** A commit, and a place in it. */
export type GitLocation = {
  /** A URL, `user@host:path`, or the path of a local repository. */
  readonly repository: string;
  readonly isRemote: boolean;
  /** A branch, tag or commit, in any of Git's spellings; undefined means what the repository calls HEAD. */
  readonly ref: string | undefined;
  /** Path inside, without slashes at its ends; `''` is the whole. */
  readonly inside: string;
};

const urlPattern = /^(?:https?|ssh|git|file):\/\/[^/]*\//;
/** `git@github.com:org/repo`: Git's other way to write ssh. */
const scpPattern = /^[A-Za-z0-9][\w.-]*@[A-Za-z0-9][\w.-]*:(?!\/\/)/;

/**
 * Reads `URL[@REF][//PATH]`, and kustomize's `URL[//PATH]?ref=REF`.
 *
 * @returns undefined where the text is no URL of a repository
 * @throws GitError `GIT_LOCATION_INVALID`
 */
export function parseGitUrl(text: string): GitLocation | undefined {
  const host = (urlPattern.exec(text) ?? scpPattern.exec(text))?.[0];
  if (host === undefined) return undefined;
  if (/^\w+:\/\/(?:[^/@]*@)?-/.test(text)) throw invalid(text, 'a host does not begin with a dash');
  const [, rest = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(text.slice(host.length)) ?? [];
  const [head, inside] = splitOnce(rest, '//');
  const [path, ref] = splitOnce(head, '@');
  const asked = ref ?? (query === undefined ? undefined : new URLSearchParams(query).get('ref')) ?? undefined;
  return location(text, { repository: host + path, isRemote: true, ref: asked, inside: inside ?? '' });
}

/**
 * The ways to read `REPOSITORY@REF[//PATH]` with a local repository: every `@` may be the one. The caller
 * takes the first whose repository is there.
 *
 * @throws GitError `GIT_LOCATION_INVALID`
 */
export function localGitLocations(text: string): readonly GitLocation[] {
  const ends = [...text.matchAll(/@/g)].map((match) => match.index).filter((index) => index > 0);
  return ends.map((end) => {
    const [ref, inside] = splitOnce(text.slice(end + 1), '//');
    return location(text, { repository: text.slice(0, end), isRemote: false, ref, inside: inside ?? '' });
  });
}

/** Longest ref taken: Git's own are bound by a file name and its folders. */
const refLengthMax = 1024;

function location(text: string, given: GitLocation): GitLocation {
  const { ref } = given;
  if (ref !== undefined) {
    if (ref === '') throw invalid(text, 'a ref is missing after @');
    // Git knows no such refs; as words of a command they would be options or refspecs.
    if (/^[-+^:]/.test(ref) || /[\s:\\]|\p{Cc}/u.test(ref) || ref.length > refLengthMax) {
      throw invalid(text, `${JSON.stringify(ref.slice(0, 100))} is no name of a branch, tag or commit`);
    }
  }
  const inside = given.inside.replace(/^\/+|\/+$/g, '');
  if (inside.split('/').includes('..')) throw invalid(text, 'the path after // must stay in the repository');
  return { ...given, inside };
}

function splitOnce(text: string, separator: string): [head: string, tail: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function invalid(text: string, why: string): GitError {
  return new GitError(
    'GIT_LOCATION_INVALID',
    `not a place in a Git repository: ${JSON.stringify(withoutCredentials(text))}: ${why}`,
    { hint: 'write REPOSITORY@REF//PATH, e.g. https://github.com/org/repo@v1.2//deploy' },
  );
}

/** The text with what stands before a URL's host taken out: it may be a password or a token. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w:\/\/)[^/\s]*@/g, '$1');
}
