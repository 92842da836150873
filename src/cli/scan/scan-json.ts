import { formatInstant } from '../../clock.ts';
import type { Move } from '../../ledger/ledger.ts';
import type { ScanResult } from '../../ledger/scan.ts';

/** A scan of a repository, and how the user spelled the repository. */
export type NamedScan = ScanResult & { readonly name: string };

/** `{"scans":[…]}`, one entry for each repository in the order asked. */
export function scanJson(scans: readonly NamedScan[]): unknown {
  return {
    scans: scans.map((scan) => ({
      repository: scan.name,
      outcome: scan.outcome,
      ...(scan.reason === undefined ? {} : { reason: scan.reason }),
      tags: scan.tagCount,
      appeared: scan.appeared,
      appearedTags: scan.appearedTags,
      gone: scan.gone,
      goneTags: scan.goneTags,
      forgotten: scan.forgotten,
      unconfirmed: scan.unconfirmed,
      refused: scan.refused,
      moves: scan.moves.map(moveJson),
      digestsAsked: scan.digestsAsked,
      problems: scan.problems,
      pages: scan.pages,
      skippedPages: scan.skippedPages,
      pageSize: scan.pageSize,
      requests: scan.requests,
      durationMs: scan.durationMs,
    })),
  };
}

function moveJson(move: Move): unknown {
  return {
    tag: move.tag,
    from: move.from,
    to: move.to,
    lastSeenAt: formatInstant(move.lastSeenAt),
    noticedAt: formatInstant(move.noticedAt),
    source: move.source,
  };
}
