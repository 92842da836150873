import { formatInstant } from '../../clock.ts';
import { isPublished } from '../../ledger/history.ts';
import { shortDigest } from '../../reference/digest.ts';
import type { Paint } from '../color.ts';
import { renderTable } from '../table.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';

/** A history for each list that knows the tag; where none does, that nobody looked. */
export async function historyTables(timelines: readonly Timeline[], paint: Paint): Promise<string> {
  const known = timelines.filter(({ isKnown }) => isKnown);
  const shown = known.length > 0 ? known : timelines.slice(0, 1);
  return (await Promise.all(shown.map((timeline) => historyTable(timeline, paint)))).join('\n');
}

/** The line that answers; without an instant also the digests in the order they were first seen. */
async function historyTable(timeline: Timeline, paint: Paint): Promise<string> {
  const past = pastSentence(timeline, paint);
  if (past !== undefined) return `${past}\n`;
  if (!timeline.isKnown) return `${unknownSentence(timeline)}\n`;
  const published = timeline.entries.filter((entry) => isPublished(entry.source));
  const rows = timeline.entries.map((entry) => [
    entry.digest,
    formatInstant(entry.firstSeenAt),
    formatInstant(entry.lastSeenAt),
    entry.source,
    remark(entry, published, timeline),
  ]);
  const table = await renderTable(['digest', 'first seen', 'last seen', 'noticed by', ''], rows);
  const head = `${titleOf(timeline)}: ${summary(timeline, paint)}`;
  return table === '' ? `${head}\n` : `${head}\n\n${table}`;
}

function summary(timeline: Timeline, paint: Paint): string {
  const { moves, presences, entries } = timeline;
  const moved = moves.length === 0 ? 'never moved' : `moved ${count(moves.length, 'time')}`;
  const parts =
    entries.length === 0
      ? ['no digest was ever asked for']
      : [paint(moves.length > 0 ? 'yellow' : 'green', moved)];
  const presence = presences.at(-1);
  if (presence !== undefined) parts.push(`listed since ${formatInstant(presence.appearedAt)}`);
  if (presence?.goneAt !== undefined)
    parts.push(paint('red', `gone since ${formatInstant(presence.goneAt)}`));
  if (presences.length > 1) parts.push(`listed ${count(presences.length, 'time')} with gaps`);
  return parts.join(', ');
}

/** The reference, and whose view of it, where it is not everybody's. */
function titleOf({ reference, owner }: Timeline): string {
  const whose = owner === undefined ? '' : ` as ImageRepository ${owner.namespace}/${owner.name} sees it`;
  return `${reference.original}${whose}`;
}

function unknownSentence({ reference }: Timeline): string {
  return `${reference.original}: unknown, nobody ever looked; look now with: holdfast resolve ${reference.original}`;
}

function pastSentence(timeline: Timeline, paint: Paint): string | undefined {
  const { past } = timeline;
  if (past === undefined) return undefined;
  const { digest } = past;
  const head = `${titleOf(timeline)} at ${formatInstant(past.at)}:`;
  switch (digest.kind) {
    case 'seen':
      return `${head} ${paint('bold', digest.digest)}`;
    case 'last-known':
      return `${head} ${paint('bold', digest.digest)}, last seen ${formatInstant(digest.lastSeenAt)}, nobody looked after that`;
    case 'between':
      return `${head} ${paint('bold', digest.digest)} (last seen ${formatInstant(digest.lastSeenAt)}) or already ${digest.next} (first seen ${formatInstant(digest.nextSeenAt)})`;
    case 'unknown':
      return digest.firstSeenAt === undefined
        ? `${head} unknown, nobody ever looked`
        : `${head} unknown, nobody looked before ${formatInstant(digest.firstSeenAt)}`;
  }
}

function remark(entry: TimelineEntry, published: readonly TimelineEntry[], { moves }: Timeline): string {
  if (!isPublished(entry.source)) {
    if (published.some((one) => one.digest === entry.digest)) return 'running';
    if (entry.partOf === undefined) return 'running, of unknown origin in this ledger';
    const platform = entry.platform === undefined ? 'part' : entry.platform;
    return `running: ${platform} of ${shortDigest(entry.partOf)}`;
  }
  const move = moves[published.indexOf(entry)];
  return move === undefined
    ? ''
    : `moved to ${shortDigest(move.to)}, noticed ${formatInstant(move.noticedAt)} by ${move.source}`;
}

function count(number: number, noun: string): string {
  if (number === 1) return 'once';
  return `${number} ${noun}s`;
}
