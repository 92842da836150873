import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manualTiming } from '../../test/manual-timing.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { parseRepository } from '../reference/repository.ts';
import { parseTag } from '../reference/tag.ts';
import { measureLedger } from './measure-ledger.ts';

describe('a measured ledger', () => {
  it('answers as the ledger does, and says what was asked and how it went', async () => {
    const asked: { readonly operation: string; readonly isFailed: boolean }[] = [];
    const metrics = {
      ledgerAsked: ({ operation, isFailed }: { operation: string; isFailed: boolean }) =>
        void asked.push({ operation, isFailed }),
    };
    const inner = await openLedger(':memory:', { env: {}, cwd: '/' });
    const ledger = measureLedger(inner, metrics, manualTiming());
    const repository = parseRepository('registry.example/app');
    const record = {
      startedAt: 1,
      endedAt: 2,
      tagCount: 1,
      pages: 1,
      pageSize: 1,
      requests: 1,
      error: undefined,
      doubt: undefined,
    };
    const scan = await ledger.openScan(repository);
    await scan.stage({ appeared: [parseTag('1.0')], missing: [] });
    const findings = { gone: [], marks: [], sorted: true, readWholeAt: 2 };
    assert.equal(await scan.complete({ ...record, outcome: 'complete' }, findings), 'recorded');
    await scan.close();
    assert.deepEqual(await ledger.listTags(repository, undefined, 10), ['1.0']);
    await ledger.close();
    await assert.rejects(ledger.listTags(repository, undefined, 10));
    assert.deepEqual(asked, [
      { operation: 'openScan', isFailed: false },
      { operation: 'stageScan', isFailed: false },
      { operation: 'completeScan', isFailed: false },
      { operation: 'listTags', isFailed: false },
      { operation: 'listTags', isFailed: true },
    ]);
  });
});
