/**
 * Room `check`: every rule that applies, in one report. It reads nothing itself: files, lock and snapshot are
 * handed in, registry and ledger are ports. May import its neighbours `pinning` and `skew`.
 *
 * Invariants: what could not be looked at is a problem, never a finding and never silence; a rule is judged in
 * one place, whichever command shows it.
 */
import { dirname } from 'node:path';
import type { Snapshot } from '../cluster/snapshot.ts';
import { type DeclaredFile, isNote } from '../declared/declared.ts';
import type { Finding, Problem, Report } from '../findings/finding.ts';
import { ruleOf } from '../findings/rules.ts';
import { compareWithLock } from '../lock/compare-lock.ts';
import type { Platform } from '../oci/platform.ts';
import type { LockOnDisk } from '../pinning/lock-on-disk.ts';
import { referencesIn } from '../pinning/lockable.ts';
import { verifyLock } from '../pinning/verify-lock.ts';
import type { CheckSources } from './check-sources.ts';
import { type DeclaredImage, imagesOf } from './declared-image.ts';
import { checkKustomizeEntries } from './kustomize-rule.ts';
import { checkMoves } from './move-rule.ts';
import { checkPlatforms } from './platform-rule.ts';
import { checkPublished } from './published-rules.ts';
import { checkSnapshot, platformsOf } from './snapshot-rules.ts';
import { checkTag } from './tag-rules.ts';
import { checkBuildSiblings, checkVersions } from './version-rules.ts';

export type CheckRequest = {
  readonly files: readonly DeclaredFile[];
  readonly cwd: string;
  readonly lock: LockOnDisk | undefined;
  /** Whether the files are all that the lock speaks of: otherwise what they do not use may be used elsewhere. */
  readonly coversLock: boolean;
  /** Platforms that every image must have; those of the snapshot's nodes are added. */
  readonly platforms: readonly Platform[];
  readonly snapshot: Snapshot | undefined;
};

/** @throws the signal's reason; LedgerError */
export async function check(request: CheckRequest, sources: CheckSources): Promise<Report> {
  const { files, cwd, snapshot } = request;
  const images = files.flatMap((file) => imagesOf(file, cwd));
  const platforms = [...request.platforms, ...(snapshot === undefined ? [] : platformsOf(snapshot))];
  const published = await checkPublished(images, request.lock?.lock, sources);
  const reports: Report[] = [
    checkFiles(files),
    findings(checkDeclared(files, images, cwd)),
    await checkLock(request, sources),
    published,
    await checkMoves(images, request.lock?.lock, sources),
    await checkPlatforms(images, platforms, request.lock?.lock, published.silent, sources),
    snapshot === undefined ? nothing : await checkSnapshot(snapshot, images, sources),
  ];
  return {
    findings: inFileOrder(reports.flatMap((report) => report.findings)),
    problems: withoutTwins(reports.flatMap((report) => report.problems)),
  };
}

const nothing: Report = { findings: [], problems: [] };

function findings(found: readonly Finding[]): Report {
  return { findings: found, problems: [] };
}

function checkDeclared(
  files: readonly DeclaredFile[],
  images: readonly DeclaredImage[],
  cwd: string,
): readonly Finding[] {
  return [
    ...images.flatMap(checkTag),
    ...checkVersions(images),
    ...checkBuildSiblings(images),
    ...checkKustomizeEntries(files, cwd),
  ];
}

/** A file that is not what it should be is a finding: somebody can mend it. What a file system refused is not. */
function checkFiles(files: readonly DeclaredFile[]): Report {
  const all = files.flatMap((file) => file.problems).filter((problem) => !isNote(problem));
  const [wrong, unread] = [all.filter(isWrongContent), all.filter((problem) => !isWrongContent(problem))];
  const rule = 'unparseable-file';
  return {
    findings: wrong.map(({ code: _code, hint, ...place }) => ({
      rule,
      severity: ruleOf(rule).severity,
      hint: hint ?? 'mend the file, or exclude it in holdfast.yaml',
      ...place,
    })),
    problems: unread,
  };
}

/** Problems of what stands in a file, as against of getting at it. */
const wrongContent: ReadonlySet<string> = new Set([
  'YAML_UNREADABLE',
  'FILE_NOT_UTF8',
  'FILE_BINARY',
  'NESTING_TOO_DEEP',
]);

function isWrongContent(problem: Problem): boolean {
  return wrongContent.has(problem.code);
}

async function checkLock(request: CheckRequest, sources: CheckSources): Promise<Report> {
  const { lock, files, cwd } = request;
  if (lock === undefined) return nothing;
  const references = files.flatMap((file) => referencesIn(file, { cwd, lockFolder: dirname(lock.path) }));
  const isWhole = request.coversLock && files.every((file) => file.problems.every(isNote));
  const offline = compareWithLock(lock, references, isWhole);
  const { registry, ledger, clock, signal, onProgress } = sources;
  if (registry === undefined) return findings(offline);
  const online = await verifyLock(
    {
      registry,
      clock,
      signal,
      onProgress: (done, total) => onProgress(`asking for locked references: ${done} of ${total}`),
      ...(ledger === undefined ? {} : { ledger }),
    },
    lock,
    references,
  );
  return { findings: [...offline, ...online.findings], problems: online.problems };
}

/** By file and place, so that a person reads each file once; what has no file comes last. */
function inFileOrder(all: readonly Finding[]): readonly Finding[] {
  return all.toSorted(
    (a, b) =>
      Number(a.file === undefined) - Number(b.file === undefined) ||
      compareTexts(a.path ?? a.file ?? '', b.path ?? b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Two rules may stumble over the same silence. */
function withoutTwins(problems: readonly Problem[]): readonly Problem[] {
  return [
    ...new Map(
      problems.map((one) => [`${one.code} ${one.file ?? ''}:${one.line ?? ''} ${one.message}`, one]),
    ).values(),
  ];
}
