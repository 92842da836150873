import { type EpochMs, formatInstant } from '../../clock.ts';
import type { PastDigest } from '../../ledger/history.ts';
import type { Timeline } from './timeline.ts';

/** The promised shape: `reference`, `observations` and `moves`; the rest stands beside them. The shared list comes first. */
export function historyJson([shared, ...own]: readonly Timeline[]): unknown {
  if (shared === undefined) return undefined;
  return {
    reference: shared.reference.original,
    known: shared.isKnown || own.some(({ isKnown }) => isKnown),
    ...timelineJson(shared),
    ...(own.length === 0 ? {} : { views: own.map(viewJson) }),
  };
}

function viewJson(timeline: Timeline): unknown {
  return { imageRepository: timeline.owner, known: timeline.isKnown, ...timelineJson(timeline) };
}

function timelineJson(timeline: Timeline) {
  return {
    observations: timeline.entries.map((entry) => ({
      digest: entry.digest,
      firstSeenAt: formatInstant(entry.firstSeenAt),
      lastSeenAt: formatInstant(entry.lastSeenAt),
      source: entry.source,
      ...(entry.partOf === undefined ? {} : { partOf: entry.partOf }),
      ...(entry.platform === undefined ? {} : { platform: entry.platform }),
    })),
    moves: timeline.moves.length,
    listed: timeline.presences.map((presence) => ({
      appearedAt: formatInstant(presence.appearedAt),
      ...(presence.goneAt === undefined ? {} : { goneAt: formatInstant(presence.goneAt) }),
    })),
    ...(timeline.past === undefined ? {} : { at: pastJson(timeline.past.at, timeline.past.digest) }),
  };
}

function pastJson(at: EpochMs, past: PastDigest): unknown {
  const asked = { time: formatInstant(at), certainty: past.kind };
  switch (past.kind) {
    case 'seen':
      return { ...asked, digest: past.digest };
    case 'last-known':
      return { ...asked, digest: past.digest, lastSeenAt: formatInstant(past.lastSeenAt) };
    case 'between':
      return {
        ...asked,
        digest: past.digest,
        lastSeenAt: formatInstant(past.lastSeenAt),
        nextDigest: past.next,
        nextSeenAt: formatInstant(past.nextSeenAt),
      };
    case 'unknown':
      return past.firstSeenAt === undefined
        ? asked
        : { ...asked, firstSeenAt: formatInstant(past.firstSeenAt) };
  }
}
