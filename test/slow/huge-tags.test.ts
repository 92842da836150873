import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../../src/registry-server/fault.ts';
import { startRegistryProcess } from '../registry-process.ts';

/** What a hundred times the tags may cost more: garbage not yet collected, not the list. */
const moreMegabytesMax = 120;

describe('a huge list of tags', () => {
  it('of 200 MB in one answer is read in memory that does not grow with it', {
    timeout: 120_000,
  }, async () => {
    const small = await listTags({ kind: 'huge-tags', bytes: 2_000_000 });
    const large = await listTags({ kind: 'huge-tags', bytes: 200_000_000 });
    assert.ok(large.tags > 8_000_000, `${large.tags} tags`);
    const moreMegabytes = large.peakMegabytes - small.peakMegabytes;
    assert.ok(moreMegabytes < moreMegabytesMax, `${moreMegabytes} MB more`);
  });

  it('of ten thousand pages is read to its end', { timeout: 120_000 }, async () => {
    const { tags } = await listTags({ kind: 'endless-pages', pages: 10_000, tagsPerPage: 2 });
    assert.equal(tags, 20_000);
  });
});

type Listed = { readonly tags: number; readonly peakMegabytes: number };

/** Lists in a process of its own, so that its memory is its own. */
async function listTags(fault: Fault): Promise<Listed> {
  const registry = await startRegistryProcess({
    server: { faults: [{ match: { endpoint: 'tags' }, fault }] },
    images: [{ repository: 'app', tag: '1.0' }],
  });
  const script = `
    import { openTestClient, repositoryAt } from './test/open-test-client.ts';
    const { client } = openTestClient();
    let tags = 0;
    for await (const page of client.listTagPages(repositoryAt('${registry.host}', 'app'))) tags += page.readTags().length;
    await client.close();
    console.log(JSON.stringify({ tags, peakMegabytes: process.resourceUsage().maxRSS / 1000 }));`;
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  try {
    return await new Promise((resolve, reject) => {
      execFile(process.execPath, ['--input-type=module', '-e', script], { cwd }, (error, stdout) =>
        error === null ? resolve(JSON.parse(stdout)) : reject(error),
      );
    });
  } finally {
    await registry.close();
  }
}
