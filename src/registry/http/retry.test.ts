import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openTestClient, repositoryAt } from '../../../test/open-test-client.ts';
import { parseTag } from '../../reference/tag.ts';
import type { Fault } from '../../registry-server/fault.ts';
import { type RegistryServer, startRegistryServer } from '../../registry-server/registry-server.ts';
import type { RegistryLimits } from '../limits.ts';

const tag = parseTag('1.0');

describe('retries', () => {
  let server: RegistryServer;
  before(async () => {
    // The same instant as the client's clock stands at: dates in Retry-After are counted from it.
    const now = Date.UTC(2026, 0, 2, 3, 4, 5);
    server = await startRegistryServer({ clock: { now: () => now } });
    server.pushImage({ repository: 'app', tag });
  });
  after(() => server.close());
  beforeEach(() => {
    server.faults.clear();
    server.requests.clear();
  });

  async function resolve(fault: Fault, times: number | undefined, limits: Partial<RegistryLimits> = {}) {
    server.faults.add({ fault, ...(times === undefined ? {} : { times }) });
    const { client, waits } = openTestClient({ limits });
    const outcome = await client.headManifest(repositoryAt(server.host, 'app'), tag).then(
      (head) => ({ head, error: undefined }),
      (error: { code: string; hint: string; message: string }) => ({ head: undefined, error }),
    );
    await client.close();
    return { ...outcome, waits, requests: server.requests.count() };
  }

  const passing: readonly { name: string; fault: Fault; times: number; waits: readonly number[] }[] = [
    {
      name: 'waits twice as long each time',
      fault: { kind: 'status', status: 503 },
      times: 3,
      waits: [188, 375, 750],
    },
    { name: 'tries again where the connection breaks', fault: { kind: 'close' }, times: 1, waits: [188] },
    { name: 'tries again after 429', fault: { kind: 'status', status: 429 }, times: 1, waits: [188] },
    {
      name: 'waits the seconds it is told',
      fault: { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 7 } },
      times: 2,
      waits: [7000, 7000],
    },
    {
      name: 'waits until the date it is told',
      fault: { kind: 'status', status: 429, retryAfter: { form: 'http-date', seconds: 20 } },
      times: 1,
      waits: [20_000],
    },
    {
      name: 'waits until an epoch it is told',
      fault: { kind: 'status', status: 503, retryAfter: { form: 'epoch', seconds: 30 } },
      times: 1,
      waits: [30_000],
    },
    {
      name: 'does not understand everything it is told',
      fault: { kind: 'status', status: 429, retryAfter: { form: 'text', text: 'soon' } },
      times: 1,
      waits: [188],
    },
  ];
  for (const { name, fault, times, waits } of passing) {
    it(name, async () => {
      const outcome = await resolve(fault, times);
      assert.ok(outcome.head !== undefined);
      assert.deepEqual(
        outcome.waits.map((ms) => Math.round(ms)),
        waits,
      );
    });
  }

  it('does not wait an hour: it says when to come back', async () => {
    const fault = { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 3600 } } as const;
    const { error, requests, waits } = await resolve(fault, undefined);
    assert.equal(error?.code, 'TOOMANYREQUESTS');
    assert.match(error?.hint ?? '', /try again in 3600 s;/);
    assert.deepEqual([requests, waits.length], [1, 0]);
  });

  it('gives up after so many times', async () => {
    const { error, requests } = await resolve({ kind: 'status', status: 503 }, undefined);
    assert.equal(error?.code, 'REGISTRY_FAILED');
    assert.equal(requests, 4);
  });

  it('does not try again what will not change', async () => {
    const { requests } = await resolve({ kind: 'status', status: 403 }, undefined);
    assert.equal(requests, 2, 'one HEAD, and one GET for the reason');
  });

  it('holds back every request to a host that is asked too much', async () => {
    server.faults.add({
      match: { target: '1.0' },
      times: 1,
      fault: { kind: 'status', status: 429, retryAfter: { form: 'seconds', seconds: 9 } },
    });
    const { client, waits } = openTestClient({ limits: { requestsPerHostMax: 1 } });
    const repository = repositoryAt(server.host, 'app');
    await Promise.all([
      client.headManifest(repository, tag),
      client.headManifest(repository, parseTag('2.0')),
    ]);
    assert.ok(
      waits.every((ms) => ms === 9000),
      String(waits),
    );
    await client.close();
  });
});
