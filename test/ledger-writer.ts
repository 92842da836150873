/**
 * Records sightings without end, and prints the number of each batch once it was acknowledged: for the test
 * that kills it in the middle. `node test/ledger-writer.ts FILE FIRST`
 */
import { writeSync } from 'node:fs';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { digestOf } from '../src/reference/digest.ts';
import { parseRepository } from '../src/reference/repository.ts';
import { parseTag } from '../src/reference/tag.ts';

/** Tags in each batch: batch N sees all of them with a digest of its own. */
export const tagsPerBatch = 5;
export const writtenRepository = parseRepository('registry.test/killed');

export function batchSightings(batch: number) {
  return Array.from({ length: tagsPerBatch }, (_, index) => ({
    repository: writtenRepository,
    tag: parseTag(`v${index}`),
    digest: digestOf(Buffer.from(`${batch}`)),
    observedAt: batch,
    source: 'scan' as const,
  }));
}

if (import.meta.main) {
  const [path = '', first = '0'] = process.argv.slice(2);
  const ledger = new SqliteLedger(path);
  for (let batch = Number(first); ; batch += 1) {
    await ledger.recordSightings(batchSightings(batch));
    writeSync(1, `${batch}\n`);
  }
}
