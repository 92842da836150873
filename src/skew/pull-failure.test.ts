import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { podObject, snapshotOf } from '../../test/cluster/objects.ts';
import { explainPullFailure, listPullFailures } from './pull-failure.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning } from './running-content.ts';

const image = 'ghcr.io/org/app:429';

const cases: readonly {
  name: string;
  given: readonly [reason: string, message: string];
  expected: RegExp;
}[] = [
  {
    name: 'a tag that is not there, whatever number it bears',
    given: ['ImagePullBackOff', `failed to resolve reference "${image}": ${image}: not found`],
    expected: /no such tag/,
  },
  {
    name: 'a registry whose name has no address',
    given: ['ErrImagePull', 'dial tcp: lookup ghcr.io on 10.0.0.53:53: no such host'],
    expected: /cannot resolve the name/,
  },
  {
    name: 'a platform the image lacks, though "not found" closes the message',
    given: ['ErrImagePull', 'no match for platform in manifest: not found'],
    expected: /no build for the platform/,
  },
  {
    name: 'a rate limit',
    given: ['ErrImagePull', 'unexpected status code: 429 Too Many Requests'],
    expected: /limits how often/,
  },
  {
    name: 'what may be absent or forbidden',
    given: ['ErrImagePull', 'pull access denied, repository does not exist or may require authorization'],
    expected: /does not say which/,
  },
  {
    name: 'a credential refused',
    given: ['ErrImagePull', 'unexpected status: 401 Unauthorized'],
    expected: /other credentials/,
  },
  {
    name: 'a certificate',
    given: ['ErrImagePull', 'x509: certificate signed by unknown authority'],
    expected: /certificate/,
  },
  { name: 'a policy of Never', given: ['ErrImageNeverPull', ''], expected: /Never/ },
  {
    name: 'no cause at all',
    given: ['ImagePullBackOff', `Back-off pulling image "${image}"`],
    expected: /no cause/,
  },
];

describe('a pull that fails', () => {
  for (const { name, given, expected } of cases) {
    it(`means ${name}`, () => {
      assert.match(explainPullFailure(image, ...given), expected);
    });
  }

  it('is explained by the reference itself where that is not valid', () => {
    assert.match(explainPullFailure('https://ghcr.io/org/app', 'InvalidImageName', ''), /without the scheme/);
  });

  it('is explained by the last event where the status only says that it waits', () => {
    const waiting = { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } };
    const event = {
      kind: 'Event',
      involvedObject: { kind: 'Pod', namespace: 'logging', name: 'p', fieldPath: 'spec.containers{app}' },
      reason: 'Failed',
      message: `Failed to pull image "${image}": dial tcp 10.0.0.1:443: connect: connection refused`,
      lastTimestamp: '2026-11-01T10:00:00Z',
    };
    const snapshot = snapshotOf(
      podObject({ name: 'p', image, state: waiting }),
      podObject({ name: 'q', image, state: waiting }),
      event,
    );
    const failures = listPullFailures(listRunning(snapshot, pullHistoryOf(snapshot)), snapshot);
    assert.deepEqual(
      failures.map((one) => [one.pods.map((pod) => pod.name).join(), one.explanation]),
      [
        ['p', 'nothing listens at the address of the registry'],
        ['q', 'the node could not pull it, and the message tells no cause'],
      ],
    );
  });
});
