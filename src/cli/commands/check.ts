import { dirname, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { check } from '../../check/check.ts';
import type { CheckSources } from '../../check/check-sources.ts';
import { isWholeRead } from '../../cluster/snapshot.ts';
import { type DeclaredFile, isNote } from '../../declared/declared.ts';
import { isKustomization } from '../../declared/kustomization.ts';
import { loadRules } from '../../declared/load-rules.ts';
import { readDeclared } from '../../declared/read-declared.ts';
import type { Report, Severity } from '../../findings/finding.ts';
import { checkRules } from '../../findings/rules.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { type LockOnDisk, nearestLockPath, readLock, requireLock } from '../../pinning/lock-on-disk.ts';
import {
  addExamples,
  type CommandModule,
  type CommandOptions,
  collect,
  flagOption,
  listOption,
  stringOption,
} from '../command.ts';
import { UsageError } from '../errors.ts';
import type { ExitStatus } from '../exit-status.ts';
import { findingFormats, reportStatus, writeFindings } from '../findings/write-findings.ts';
import type { Host } from '../host.ts';
import { addLedgerOption, openLedgerIfAny } from '../ledger-option.ts';
import { addOutputOption } from '../output.ts';
import { writeWarnings } from '../problem-warnings.ts';
import { startProgress } from '../progress.ts';
import { addRegistryOptions, registryOptions, writeRegistryNotices } from '../registry-options.ts';
import { readSnapshot } from '../snapshot-options.ts';

const severities: readonly Severity[] = ['note', 'warning', 'error'];

export const command: CommandModule = {
  define(command: Command) {
    command
      .argument('[path...]', 'files, folders, charts, REPOSITORY@REF, or - for standard input')
      .option('--snapshot <dump>', 'also look at what runs: a dump of the cluster, as for holdfast skew')
      .option('--lock-file <file>', 'the lock file (default: the nearest holdfast.lock upwards, if any)')
      .option(
        '--platform <platform>',
        'a platform every image must have, e.g. linux/arm64 (repeatable)',
        collect,
      )
      .option('--offline', 'ask no registry; rules that need one are not applied')
      .option('--no-ledger', 'do not use the ledger, and record nothing')
      .addOption(skipOption())
      .option('--config <file>', 'rules for finding images instead of the nearest holdfast.yaml')
      .addOption(
        new Option('--fail-on <severity>', 'findings from this severity on make the exit status 1')
          .choices([...severities])
          .default('note'),
      );
    addRegistryOptions(command);
    addLedgerOption(command);
    addOutputOption(command, findingFormats);
    addExamples(command, [
      ['holdfast check deploy/', 'every rule that applies, over a folder'],
      ['holdfast check deploy/ --offline --fail-on warning', 'in a pull request, without a registry'],
      ['holdfast check deploy/ --snapshot dump.json', 'what is declared beside what runs'],
      ['holdfast check . --output sarif > holdfast.sarif', 'for code scanning'],
    ]);
  },
  run: runCheck,
};

/** With its choices for completion; a word that is none of them is refused with all of them in the hint. */
function skipOption(): Option {
  const option = new Option('--skip <rule>', 'leave a rule out (repeatable); see docs/rules.md');
  option.argParser(collect);
  option.argChoices = checkRules.map((rule) => rule.id);
  return option;
}

async function runCheck(host: Host, paths: readonly string[], options: CommandOptions): Promise<ExitStatus> {
  const dump = stringOption(options, 'snapshot');
  if (paths.length === 0 && dump === undefined) {
    throw new UsageError('check needs a path or --snapshot', 'name a file or folder, e.g. holdfast check .');
  }
  const skipped = skippedRules(options);
  const platforms = listOption(options, 'platform').map(parsePlatform);
  const lock = await readLockOf(host, paths, options);
  const files = await readFiles(host, paths, options);
  const snapshot = dump === undefined ? undefined : await readSnapshot(host, dump, {});
  const report = await withSources(host, options, (sources) =>
    check(
      { files, cwd: host.cwd, lock, coversLock: isCovered(host, paths, lock, options), platforms, snapshot },
      sources,
    ),
  );
  const shown: Report = { ...report, findings: report.findings.filter(({ rule }) => !skipped.has(rule)) };
  await writeFindings(host, options, shown, 'holdfast check');
  const missing = snapshot !== undefined && isWholeRead(snapshot) ? snapshot.problems : [];
  writeWarnings(host, [...files.flatMap((file) => file.problems).filter(isNote), ...missing]);
  return reportStatus(shown, severities.find((one) => one === options['failOn']) ?? 'note');
}

function skippedRules(options: CommandOptions): ReadonlySet<string> {
  const skipped = listOption(options, 'skip');
  const known: readonly string[] = checkRules.map((rule) => rule.id);
  const unknown = skipped.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw new UsageError(`no such rule: ${unknown}`, `the rules are ${known.join(', ')}`);
  return new Set(skipped);
}

async function readLockOf(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
): Promise<LockOnDisk | undefined> {
  const named = stringOption(options, 'lockFile');
  if (named !== undefined) return requireLock(resolve(host.cwd, named), host.cwd);
  if (paths.length === 0) return undefined;
  const found = await readLock(nearestLockPath(paths, host.cwd), host.cwd);
  return found.text === undefined ? undefined : found;
}

/** A lock that was found above the PATHs speaks of more than they hold; one that was named belongs to them. */
function isCovered(
  host: Host,
  paths: readonly string[],
  lock: LockOnDisk | undefined,
  options: CommandOptions,
): boolean {
  if (lock === undefined) return false;
  if (stringOption(options, 'lockFile') !== undefined) return true;
  const folder = dirname(lock.path);
  return paths.some((path) => path !== '-' && !relative(resolve(host.cwd, path), folder).startsWith('..'));
}

/** The files with their fields. Texts are kept only where a rule reads them: a tree may be large. */
async function readFiles(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
): Promise<readonly DeclaredFile[]> {
  const { cwd, stdin, env, signal } = host;
  const config = stringOption(options, 'config');
  const imageRules = config === undefined ? undefined : await loadRules(resolve(cwd, config));
  const files: DeclaredFile[] = [];
  const progress = startProgress(host, 'reading manifest files');
  try {
    for await (const file of readDeclared(paths, { cwd, stdin, env, signal, rules: imageRules })) {
      files.push(isKustomization(file.file) ? file : { ...file, text: '' });
      progress.update(`read ${files.length} manifest files`);
    }
  } finally {
    progress.stop();
  }
  return files;
}

/** Registry and ledger open as far as they are wanted, progress running, and all of it let go of afterwards. */
async function withSources<Result>(
  host: Host,
  options: CommandOptions,
  work: (sources: CheckSources) => Promise<Result>,
): Promise<Result> {
  const registry = flagOption(options, 'offline')
    ? undefined
    : await host.services.openRegistry(registryOptions(options));
  const ledger = await openLedgerIfAny(host, options);
  const progress = startProgress(host, 'checking');
  const { clock, signal } = host;
  try {
    return await work({ registry, ledger, clock, signal, onProgress: (text) => progress.update(text) });
  } finally {
    progress.stop();
    if (registry !== undefined) writeRegistryNotices(host, registry);
    await ledger?.close();
    await registry?.close();
  }
}
