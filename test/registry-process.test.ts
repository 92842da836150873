import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startRegistryProcess } from './registry-process.ts';

describe('the registry in a process of its own', () => {
  it('serves what it is told to, and ends when it is closed', async () => {
    const registry = await startRegistryProcess({
      server: { pageMax: 2 },
      images: [{ repository: 'team/app', tag: '1.0', labels: { of: 'a test' } }],
      tags: [{ repository: 'team/big', count: 1200, name: 'v1.%05d-rc' }],
    });
    try {
      const image = await fetch(`${registry.url}/v2/team/app/manifests/1.0`);
      assert.equal(image.status, 200);
      const page = await fetch(`${registry.url}/v2/team/big/tags/list?last=v1.00998-rc`);
      assert.deepEqual(await page.json(), { name: 'team/big', tags: ['v1.00999-rc', 'v1.01000-rc'] });
    } finally {
      await registry.close();
    }
    assert.throws(() => process.kill(registry.pid, 0), { code: 'ESRCH' });
  });
});
