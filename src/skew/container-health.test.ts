import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crashing, type PodOptions, podObject, snapshotOf } from '../../test/cluster/objects.ts';
import { describeFailure, isPullFailure } from './container-health.ts';

const takenAt = Date.parse('2026-11-01T10:05:00Z');

const cases: readonly { name: string; given: Partial<PodOptions>; expected: string | undefined }[] = [
  { name: 'running and ready: works', given: {}, expected: undefined },
  { name: 'in a crash loop', given: crashing, expected: 'CrashLoopBackOff, exit code 1, 4 restarts' },
  {
    name: 'between two crashes, and for a moment ready',
    given: {
      ...crashing,
      state: { running: { startedAt: '2026-11-01T10:04:58Z' } },
      ready: true,
      restarts: 1,
    },
    expected: 'restarting, exit code 1, 1 restart',
  },
  {
    name: 'up for longer than the kubelet remembers a crash loop: works',
    given: { ...crashing, state: { running: { startedAt: '2026-11-01T09:00:00Z' } }, ready: true },
    expected: undefined,
  },
  {
    name: 'ended by the memory limit',
    given: {
      state: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      ready: false,
    },
    expected: 'terminated, OOMKilled, exit code 137',
  },
  {
    name: 'ended well, as a job: works',
    given: { state: { terminated: { exitCode: 0, reason: 'Completed' } }, ready: false },
    expected: undefined,
  },
  { name: 'running but not ready', given: { ready: false }, expected: 'not ready' },
  { name: 'an init container that runs: works', given: { role: 'init', ready: false }, expected: undefined },
  {
    name: 'an init container that ended badly',
    given: { role: 'init', ready: false, state: { terminated: { exitCode: 2, reason: 'Error' } } },
    expected: 'terminated, exit code 2',
  },
  {
    name: 'starting: works so far',
    given: { ready: false, state: { waiting: { reason: 'ContainerCreating' } } },
    expected: undefined,
  },
  {
    name: 'unable to be created',
    given: { ready: false, state: { waiting: { reason: 'CreateContainerConfigError' } } },
    expected: 'CreateContainerConfigError',
  },
  {
    name: 'without a status: unknown, so not failing',
    given: { state: {}, ready: false },
    expected: undefined,
  },
];

describe('the health of a container', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const [pod] = snapshotOf(podObject({ name: 'p', ...given })).pods;
      assert.ok(pod?.containers[0] !== undefined);
      assert.equal(describeFailure(pod.containers[0], takenAt), expected);
    });
  }

  for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']) {
    it(`${reason} is a failure to get the image`, () => {
      const [pod] = snapshotOf(podObject({ name: 'p', state: { waiting: { reason } } })).pods;
      assert.ok(pod?.containers[0] !== undefined && isPullFailure(pod.containers[0]));
    });
  }
});
