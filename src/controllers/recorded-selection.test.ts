import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type ImagePolicy, parseImagePolicy } from '../api/image-policy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { SqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts';
import { parseRepository } from '../reference/repository.ts';
import { parseTag } from '../reference/tag.ts';
import { findRecordedSelection, selectionNameOf } from './recorded-selection.ts';

const image = parseRepository('registry.test/team/app');

function policy(tag?: string): ImagePolicy {
  return parseImagePolicy({
    metadata: { namespace: 'apps', name: 'app', uid: '1', resourceVersion: '1', generation: 1 },
    spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '>=1.0.0' } } },
    status: tag === undefined ? {} : { latestRef: { name: 'registry.test/team/app', tag } },
  });
}

async function openLedger(context: TestContext): Promise<Ledger> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-recorded-'));
  const ledger = new SqliteLedger(join(folder, 'ledger.db'));
  context.after(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });
  return ledger;
}

async function record(ledger: Ledger, name: string, tag: string, repository = image): Promise<void> {
  await ledger.advanceSelection(undefined, {
    name,
    repository,
    tag: parseTag(tag),
    digest: undefined,
    policy: 'semver >=1.0.0',
    selectedAt: 1,
    selectedBy: 'policy (advance)',
    reason: undefined,
  });
}

describe('what the ledger holds of a policy', () => {
  it('is recorded under its cluster, so that clusters that share a ledger do not meet', async (context) => {
    const ledger = await openLedger(context);
    await record(ledger, 'east/apps/app', '1.1.0');
    await record(ledger, 'west/apps/app', '1.2.0');
    for (const [cluster, expected] of [
      ['east', '1.1.0'],
      ['west', '1.2.0'],
    ] as const) {
      assert.equal(selectionNameOf({ cluster }, policy()), `${cluster}/apps/app`);
      assert.equal((await findRecordedSelection({ cluster, ledger }, policy(), image))?.tag, expected);
    }
    assert.equal(await findRecordedSelection({ cluster: 'north', ledger }, policy(), image), undefined);
  });

  const before: readonly {
    readonly name: string;
    readonly published: string | undefined;
    readonly image?: string;
    readonly expected: string | undefined;
  }[] = [
    { name: 'is taken over where the status says the same', published: '1.1.0', expected: '1.1.0' },
    {
      name: 'is taken over where the status was lost: it keeps the selection from going back',
      published: undefined,
      expected: '1.1.0',
    },
    {
      name: 'is left alone where the status says another: it is of another cluster',
      published: '1.0.0',
      expected: undefined,
    },
    {
      name: 'is left alone where it is of another image',
      published: '1.1.0',
      image: 'registry.test/team/other',
      expected: undefined,
    },
  ];
  for (const { name, published, image: other, expected } of before) {
    it(`recorded before clusters were told apart, ${name}`, async (context) => {
      const ledger = await openLedger(context);
      await record(ledger, 'apps/app', '1.1.0', parseRepository(other ?? 'registry.test/team/app'));
      const found = await findRecordedSelection({ cluster: 'east', ledger }, policy(published), image);
      assert.equal(found?.tag, expected);
      assert.equal(found?.name, expected && 'east/apps/app');
      const left = await ledger.findSelection('apps/app');
      assert.equal(left?.tag, expected === undefined ? '1.1.0' : undefined);
    });
  }

  it('recorded before clusters were told apart, goes to one cluster only', async (context) => {
    const ledger = await openLedger(context);
    await record(ledger, 'apps/app', '1.1.0');
    const found = await Promise.all(
      ['east', 'west'].map((cluster) => findRecordedSelection({ cluster, ledger }, policy('1.1.0'), image)),
    );
    assert.deepEqual(
      found.flatMap((one) => one?.tag ?? []),
      ['1.1.0'],
    );
  });
});
