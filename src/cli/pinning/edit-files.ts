import { dirname, resolve } from 'node:path';
import { readDeclared } from '../../declared/read-declared.ts';
import { carryOutEdits, type EditPlan, planEdits } from '../../pinning/edit-files.ts';
import type { LockOnDisk } from '../../pinning/lock-on-disk.ts';
import { nearestLockPath, requireLock } from '../../pinning/lock-on-disk.ts';
import type { Viewpoint } from '../../pinning/lockable.ts';
import type { FilePlanner } from '../../pinning/pin-files.ts';
import { type CommandOptions, flagOption, stringOption } from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { startProgress } from '../progress.ts';
import { writeEdits } from './edit-output.ts';
import { readingOptions } from './read-references.ts';

/** What plans the edits of each file, once the lock is read. */
export type MakePlanner = (lock: LockOnDisk, viewpoint: Viewpoint) => FilePlanner;

/** What `pin` and `unpin` share: read the lock, plan every file, show or carry out. */
export async function editFiles(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
  make: MakePlanner,
): Promise<ExitStatus> {
  const named = stringOption(options, 'lockFile');
  const lockPath = named === undefined ? nearestLockPath(paths, host.cwd) : resolve(host.cwd, named);
  const lock = await requireLock(lockPath, host.cwd);
  const plan = await planWithProgress(
    host,
    paths,
    options,
    make(lock, { cwd: host.cwd, lockFolder: dirname(lockPath) }),
  );
  const isDryRun = flagOption(options, 'dryRun');
  const outcome = isDryRun ? plan : await carryOutEdits(plan, host.signal);
  await writeEdits(host, options, { ...outcome, lockFile: lock.file, isDryRun });
  return statusOf(outcome);
}

async function planWithProgress(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
  planner: FilePlanner,
): Promise<EditPlan> {
  const progress = startProgress(host, 'reading manifest files');
  let files = 0;
  try {
    return await planEdits(readDeclared(paths, await readingOptions(host, options)), planner, () => {
      files += 1;
      progress.update(`read ${files} manifest files`);
    });
  } finally {
    progress.stop();
  }
}

function statusOf({ plans, problems }: EditPlan): ExitStatus {
  const hasFindings = plans.some((plan) => plan.findings.length > 0 || plan.refused.length > 0);
  if (hasFindings) return exitStatus.findings;
  return problems.length > 0 ? exitStatus.unable : exitStatus.clean;
}
