import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openFake } from '../../test/cluster/open-fake.ts';
import { manualTiming } from '../../test/manual-timing.ts';
import { type Log, silentLog } from '../log.ts';
import { readClusterId } from './cluster-id.ts';
import { ClusterError } from './errors.ts';
import type { KubernetesClient } from './kubernetes-client.ts';

const never = new AbortController().signal;

describe('which cluster this is', () => {
  it('is told by the uid of its namespace kube-system', async (context) => {
    const namespaces = [{ metadata: { name: 'kube-system', uid: 'uid-of-kube-system' } }];
    const { client } = await openFake(context, { objects: { namespaces } });
    const options = { signal: never, timing: manualTiming(), log: silentLog };
    assert.equal(await readClusterId(client, options), 'uid-of-kube-system');
  });

  it('is asked again while the server is away or has only just started', async (context) => {
    const { client } = await openFake(context, { objects: { namespaces: [] } });
    const timing = manualTiming();
    const id = readClusterId(waiting(client, timing), { signal: never, timing, log: silentLog });
    await client.create({ group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' }, '', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'kube-system' },
    });
    assert.match(await id, /./);
  });

  it('is said to be unknown once for each reason, however long that lasts', async (context) => {
    const { client } = await openFake(context, { objects: { namespaces: [] } });
    const timing = manualTiming();
    const away = new ClusterError('CLUSTER_UNREACHABLE', 'away', { retryable: true });
    const answers = [away, away, away, undefined, undefined, away, 'there'];
    const warnings: string[] = [];
    const log: Log = {
      write: (level, message) => void (level === 'warn' && warnings.push(message)),
    };
    const failing: KubernetesClient = {
      ...client,
      read() {
        const answer = answers.shift();
        if (answer instanceof ClusterError) return Promise.reject(answer);
        return Promise.resolve(answer === undefined ? undefined : { metadata: { uid: answer } });
      },
    };
    const options = { signal: never, timing, log };
    assert.equal(await readClusterId(waiting(failing, timing), options), 'there');
    const unknown = 'cannot tell which cluster this is: ';
    assert.deepEqual(warnings, [
      `${unknown}away`,
      `${unknown}the namespace kube-system is not there`,
      `${unknown}away`,
    ]);
  });

  it('is waited for where it may not be read, which is said once, with the right and the flag', async (context) => {
    const { client } = await openFake(context, { objects: {} });
    const timing = manualTiming();
    let asked = 0;
    const forbidding: KubernetesClient = {
      ...client,
      read() {
        asked += 1;
        return asked < 4
          ? Promise.reject(new ClusterError('CLUSTER_FORBIDDEN', 'no'))
          : Promise.resolve({ metadata: { uid: 'allowed by now' } });
      },
    };
    const hints: unknown[] = [];
    const log: Log = {
      write: (level, _message, fields) => void (level === 'warn' && hints.push(fields?.['hint'])),
    };
    const options = { signal: never, timing, log };
    assert.equal(await readClusterId(waiting(forbidding, timing), options), 'allowed by now');
    assert.equal(hints.length, 1);
    assert.match(String(hints[0]), /"get" of the namespace kube-system.*--cluster-name/);
  });
});

/** Lets the time go by that is waited after an answer. */
function waiting(client: KubernetesClient, timing: ReturnType<typeof manualTiming>): KubernetesClient {
  return {
    ...client,
    async read(...words) {
      try {
        return await client.read(...words);
      } finally {
        setImmediate(() => void timing.advance(60_000));
      }
    },
  };
}
