import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Report } from '../../findings/finding.ts';
import { compareWithLock } from '../../lock/compare-lock.ts';
import { LockError } from '../../lock/errors.ts';
import type { LockFormat } from '../../lock/lock-file.ts';
import { type LockOnDisk, lockPathOf, readLock, requireLock, writeLock } from '../../pinning/lock-on-disk.ts';
import { lockReferences } from '../../pinning/lock-references.ts';
import { verifyLock } from '../../pinning/verify-lock.ts';
import type { CommandModule, CommandOptions } from '../command.ts';
import { addExamples, flagOption, stringOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import type { ExitStatus } from '../exit-status.ts';
import { findingFormats, reportStatus, writeFindings } from '../findings/write-findings.ts';
import type { Host } from '../host.ts';
import { addLedgerOption } from '../ledger-option.ts';
import { addOutputOption, outputFormat, writeOutput } from '../output.ts';
import { askRegistries } from '../pinning/ask-registries.ts';
import { lockJson, lockTable } from '../pinning/lock-output.ts';
import { addReadingOptions, type DeclaredReferences, readReferences } from '../pinning/read-references.ts';
import { writeWarnings } from '../problem-warnings.ts';
import { addRegistryOptions } from '../registry-options.ts';
import { moveText } from '../resolve/record-resolutions.ts';

const formats: readonly LockFormat[] = ['holdfast', 'kbld-imageslock'];

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<path...>', 'files, folders, or - for standard input');
    command.option(
      '--lock-file <file>',
      'the lock file (default: holdfast.lock in or beside the first PATH)',
    );
    command.option('--update', 'ask the registry again for every tag, not only for new ones');
    command.option('--allow-empty', 'empty the lock where the files name no image any more');
    command.option('--check', 'compare the files with the lock, offline; change nothing');
    command.option('--verify', 'ask the registries whether the lock still holds; change nothing');
    command.addOption(
      new Option('--format <format>', "of the lock file (default: the file's own)").choices(formats),
    );
    addRegistryOptions(command);
    addReadingOptions(command);
    addLedgerOption(command);
    command.option('--no-ledger', 'do not use the ledger, and record nothing');
    addOutputOption(command, findingFormats);
    addExamples(command, [
      ['holdfast lock deploy/', 'record the digest of every reference in deploy/holdfast.lock'],
      ['holdfast lock --check deploy/', 'fail on a reference that is unlocked, unused or contradicting'],
      ['holdfast lock --verify deploy/', 'say which tags moved since they were locked'],
      ['holdfast lock --update deploy/', 'take what the registries serve now'],
    ]);
  },
  run: lock,
};

async function lock(host: Host, paths: readonly string[], options: CommandOptions): Promise<ExitStatus> {
  const named = stringOption(options, 'lockFile');
  const lockPath = named === undefined ? lockPathOf(paths, host.cwd) : resolve(host.cwd, named);
  const isComparing = flagOption(options, 'check') || flagOption(options, 'verify');
  if (isComparing && (flagOption(options, 'update') || options['format'] !== undefined)) {
    throw new UsageError('--check and --verify change nothing', 'leave out --update and --format');
  }
  return isComparing ? compare(host, paths, options, lockPath) : write(host, paths, options, lockPath);
}

/** `lock --check` and `lock --verify`: one report of what each has to say. */
async function compare(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
  lockPath: string,
): Promise<ExitStatus> {
  const declared = await readReferences(host, paths, options, lockPath);
  const locked = await requireLock(lockPath, host.cwd);
  const reports: Report[] = [{ findings: [], problems: declared.problems }];
  if (flagOption(options, 'check')) {
    const isWhole = declared.problems.length === 0;
    reports.push({ findings: compareWithLock(locked, declared.references, isWhole), problems: [] });
  }
  if (flagOption(options, 'verify')) {
    reports.push(
      await askRegistries(host, options, (asking) => verifyLock(asking, locked, declared.references)),
    );
  }
  const report: Report = {
    findings: reports.flatMap((one) => one.findings),
    problems: reports.flatMap((one) => one.problems),
  };
  await writeFindings(host, options, report, titleOf(options), { lockFile: locked.file });
  return reportStatus(report, 'note');
}

async function write(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
  lockPath: string,
): Promise<ExitStatus> {
  const old = await readLock(lockPath, host.cwd);
  const format = formats.find((one) => one === options['format']) ?? old.format;
  if (format === 'kbld-config') throw unwritable(old.file);
  const declared = await readReferences(host, paths, options, lockPath);
  if (!flagOption(options, 'allowEmpty')) refuseToEmpty(old, declared);
  const outcome = await askRegistries(host, options, (asking) =>
    lockReferences(asking, {
      old: old.lock,
      file: old.file,
      references: declared.references,
      update: flagOption(options, 'update'),
      isWhole: declared.problems.length === 0,
    }),
  );
  const report = withProblems(outcome.report, declared);
  // Where nothing could be asked, an empty lock file would look like an answer.
  const hasLearned =
    old.text !== undefined || outcome.lock.entries.length > 0 || report.problems.length === 0;
  const state = hasLearned
    ? await writeLock(old, outcome.lock, format, { signal: host.signal })
    : 'unchanged';
  writeWarnings(host, declared.notes);
  const references = declared.references.map(({ reference }) => reference);
  for (const move of outcome.moves) host.stderr.write(`holdfast: ${moveText(move, references)}\n`);
  for (const note of outcome.notes) host.stderr.write(`holdfast: note: ${note}\n`);
  const shown = { outcome: { ...outcome, report }, file: old.file, state, skipped: declared.skipped };
  if (['table', 'json', 'yaml'].includes(outputFormat(options))) {
    await writeOutput(host, options, lockJson(shown), () => lockTable(host, shown));
  } else await writeFindings(host, options, report, titleOf(options));
  return reportStatus(report, 'note');
}

/**
 * A render that failed and a slip in a PATH look like files without images: they must not cost a lock its
 * entries.
 */
function refuseToEmpty(old: LockOnDisk, declared: DeclaredReferences): void {
  const count = old.lock.entries.length;
  if (count === 0 || declared.references.length > 0 || declared.problems.length > 0) return;
  const what = count === 1 ? '1 entry' : `${count} entries`;
  throw new LockError('LOCK_EMPTYING', `no image was found, and ${old.file} has ${what}: it stays as it is`, {
    hint: 'see with "holdfast images" what is found; if nothing is to be locked any more, give --allow-empty',
  });
}

function titleOf(options: CommandOptions): string {
  const flags = ['check', 'verify', 'update'].filter((flag) => flagOption(options, flag));
  return ['holdfast lock', ...flags.map((flag) => `--${flag}`)].join(' ');
}

function withProblems(report: Report, declared: DeclaredReferences): Report {
  return { ...report, problems: [...declared.problems, ...report.problems] };
}

function unwritable(file: string): LockError {
  return new LockError('LOCK_UNWRITABLE', `${file} is a kbld Config, which is read but not written`, {
    hint: 'name another file with --lock-file, or give --format',
  });
}
