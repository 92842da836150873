import type { Ledger } from '../ledger/ledger.ts';
import type { OpenScan } from '../ledger/scan-ledger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Timing } from '../timing.ts';

type Ask<Words extends readonly unknown[], Answer> = (...words: Words) => Promise<Answer>;

type Measure = <Words extends readonly unknown[], Answer>(
  operation: string,
  ask: Ask<Words, Answer>,
) => Ask<Words, Answer>;

/** The same ledger, each question to it measured under its own name. */
export function measureLedger(ledger: Ledger, metrics: Pick<Metrics, 'ledgerAsked'>, timing: Timing): Ledger {
  const measure: Measure =
    (operation, ask) =>
    async (...words) => {
      const startedMs = timing.elapsedMs();
      let isFailed = true;
      try {
        const answer = await ask(...words);
        isFailed = false;
        return answer;
      } finally {
        metrics.ledgerAsked({ operation, durationMs: timing.elapsedMs() - startedMs, isFailed });
      }
    };
  const openScan = measure('openScan', (...words: Parameters<Ledger['openScan']>) =>
    ledger.openScan(...words),
  );
  return {
    listObservations: measure('listObservations', (...words) => ledger.listObservations(...words)),
    listPresences: measure('listPresences', (...words) => ledger.listPresences(...words)),
    listFirstSeen: measure('listFirstSeen', (...words) => ledger.listFirstSeen(...words)),
    findRelated: measure('findRelated', (...words) => ledger.findRelated(...words)),
    listRepositoriesEnding: measure('listRepositoriesEnding', (...words) =>
      ledger.listRepositoriesEnding(...words),
    ),
    recordSightings: measure('recordSightings', (...words) => ledger.recordSightings(...words)),
    recordIndex: measure('recordIndex', (...words) => ledger.recordIndex(...words)),
    listScans: measure('listScans', (...words) => ledger.listScans(...words)),
    readGeneration: measure('readGeneration', (...words) => ledger.readGeneration(...words)),
    listTags: measure('listTags', (...words) => ledger.listTags(...words)),
    listFollowedTags: measure('listFollowedTags', (...words) => ledger.listFollowedTags(...words)),
    listWatches: measure('listWatches', (...words) => ledger.listWatches(...words)),
    addWatch: measure('addWatch', (...words) => ledger.addWatch(...words)),
    removeWatch: measure('removeWatch', (...words) => ledger.removeWatch(...words)),
    findSelection: measure('findSelection', (...words) => ledger.findSelection(...words)),
    advanceSelection: measure('advanceSelection', (...words) => ledger.advanceSelection(...words)),
    renameSelection: measure('renameSelection', (...words) => ledger.renameSelection(...words)),
    openScan: async (repository) => measureScan(await openScan(repository), measure),
    close: () => ledger.close(),
  };
}

/** What a scan reads and keeps aside is measured as `readScan` and `stageScan`, its end by name. */
function measureScan(scan: OpenScan, measure: Measure): OpenScan {
  return {
    start: scan.start,
    listPresent: measure('readScan', (...words) => scan.listPresent(...words)),
    stage: measure('stageScan', (...words) => scan.stage(...words)),
    beginSpool: measure('stageScan', (...words) => scan.beginSpool(...words)),
    spool: measure('stageScan', (...words) => scan.spool(...words)),
    endSpool: measure('stageScan', () => scan.endSpool()),
    countStaged: measure('readScan', () => scan.countStaged()),
    sampleMissing: measure('readScan', (...words) => scan.sampleMissing(...words)),
    sampleAppeared: measure('readScan', (...words) => scan.sampleAppeared(...words)),
    complete: measure('completeScan', (...words) => scan.complete(...words)),
    abandon: measure('abandonScan', (...words) => scan.abandon(...words)),
    close: () => scan.close(),
  };
}
