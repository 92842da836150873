import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openTestClient, repositoryAt } from '../../../test/open-test-client.ts';
import { parseTag } from '../../reference/tag.ts';
import { startRegistryServer } from '../../registry-server/registry-server.ts';
import type { RegistryAnswer } from './answers.ts';

it('a client tells of every request that went over the wire, and of those that got no answer', async () => {
  const server = await startRegistryServer({ clock: { now: () => 0 } });
  const tag = parseTag('1.0');
  server.pushImage({ repository: 'app', tag });
  const answers: RegistryAnswer[] = [];
  const { client } = openTestClient({ onAnswer: (answer) => answers.push(answer) });
  for (const fault of [{ kind: 'status', status: 503 }, { kind: 'close' }] as const) {
    server.faults.add({ fault, times: 1 });
    await client.headManifest(repositoryAt(server.host, 'app'), tag);
  }
  await client.close();
  await server.close();
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 200, undefined, 200],
  );
  assert.ok(answers.every(({ host }) => host === server.host));
});
