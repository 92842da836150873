import type { Container, Snapshot, Termination } from '../cluster/snapshot.ts';

/** Why a container fails, in the words of its status; undefined where it works or only starts. */
export function describeFailure(container: Container, takenAt: Snapshot['takenAt']): string | undefined {
  const { state, lastTermination, role } = container;
  switch (state.kind) {
    case 'waiting':
      if (startingReasons.has(state.reason)) return failedBefore(container);
      return sentence(state.reason, lastTermination, container.restarts);
    case 'terminated':
      if (state.termination.exitCode === 0 && role !== 'container') return undefined;
      // A container that ended well is failing only where it keeps being started again.
      if (state.termination.exitCode === 0 && container.restarts === 0) return undefined;
      return sentence('terminated', state.termination, container.restarts);
    case 'running':
      if (isRecovering(container, takenAt))
        return sentence('restarting', lastTermination, container.restarts);
      // An init or ephemeral container that runs is never ready, and that is no failure.
      if (container.isReady || role !== 'container') return undefined;
      return sentence('not ready', undefined, container.restarts);
    case 'none':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** Whether the kubelet could not get the image at all: no content to blame. */
export function isPullFailure(container: Container): boolean {
  return container.state.kind === 'waiting' && pullFailureReasons.has(container.state.reason);
}

/** Source: kubelet pkg/kubelet/images/types.go. */
const pullFailureReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ImageInspectError',
  'ErrImageNeverPull',
  'InvalidImageName',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'ImageVolumeMountFailed',
]);

const startingReasons: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing', 'Waiting']);

/** The kubelet forgets a crash loop when a container ran this long. Source: kubelet MaxContainerBackOff, twice. */
const backOffResetMs = 10 * 60 * 1000;

function isRecovering(container: Container, takenAt: Snapshot['takenAt']): boolean {
  const { state, lastTermination } = container;
  if (state.kind !== 'running' || lastTermination === undefined || lastTermination.exitCode === 0)
    return false;
  if (container.restarts === 0) return false;
  const startedAt = state.startedAt ?? lastTermination.finishedAt;
  return startedAt === undefined || takenAt === undefined || takenAt - startedAt < backOffResetMs;
}

function failedBefore(container: Container): string | undefined {
  const { lastTermination, restarts } = container;
  if (lastTermination === undefined || lastTermination.exitCode === 0) return undefined;
  return sentence('restarting', lastTermination, restarts);
}

function sentence(what: string, termination: Termination | undefined, restarts: number): string {
  const parts = [what];
  if (termination !== undefined) {
    const reason = termination.reason;
    if (reason !== '' && reason !== 'Error' && reason !== 'Completed') parts.push(reason);
    parts.push(`exit code ${termination.exitCode}`);
  }
  if (restarts > 0) parts.push(`${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`);
  return parts.join(', ');
}
