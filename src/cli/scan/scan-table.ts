import { formatInstant } from '../../clock.ts';
import { shortDigest } from '../../reference/digest.ts';
import { repositoryName } from '../../reference/repository.ts';
import { renderTable } from '../table.ts';
import type { NamedScan } from './scan-json.ts';

/** Tags named on a line before the rest is only counted. */
const namedMax = 5;

/** One row for each repository, then what deserves a sentence. */
export async function scanTable(scans: readonly NamedScan[]): Promise<string> {
  const rows = scans.map((scan) => [
    scan.name,
    scan.outcome,
    number(scan.tagCount),
    number(scan.appeared),
    number(scan.gone),
    number(scan.moves.length),
    number(scan.digestsAsked),
    number(scan.requests),
    `${(scan.durationMs / 1000).toFixed(1)}s`,
  ]);
  const header = ['repository', 'scan', 'tags', 'new', 'gone', 'moved', 'digests', 'requests', 'took'];
  const sentences = scans.flatMap(sentencesOf).map((line) => `${line}\n`);
  const table = await renderTable(header, rows);
  return sentences.length === 0 ? table : `${table}\n${sentences.join('')}`;
}

function sentencesOf(scan: NamedScan): readonly string[] {
  const lines: string[] = [];
  if (scan.outcome !== 'complete') {
    const reason = (scan.reason ?? '').replace(`${repositoryName(scan.repository)}: `, '');
    lines.push(`${scan.name}: ${scan.outcome}, its tags were left as they are: ${reason}`);
  }
  for (const move of scan.moves) {
    lines.push(
      `${scan.name}:${move.tag} moved from ${shortDigest(move.from)} (last seen ${formatInstant(move.lastSeenAt)}) to ${shortDigest(move.to)}`,
    );
  }
  if (scan.appeared > 0 && scan.appeared < scan.tagCount) {
    lines.push(`${scan.name}: new: ${named(scan.appearedTags, scan.appeared)}`);
  }
  if (scan.gone > 0) lines.push(`${scan.name}: gone: ${named(scan.goneTags, scan.gone)}`);
  if (scan.forgotten > 0) {
    lines.push(
      `${scan.name}: ${count(scan.forgotten, 'tag was', 'tags were')} missing from the list, yet there by name`,
    );
  }
  if (scan.unconfirmed > 0) {
    lines.push(
      `${scan.name}: ${count(scan.unconfirmed, 'more tag is', 'more tags are')} missing from the list; the next scans will ask by name`,
    );
  }
  if (scan.refused > 0)
    lines.push(
      `${scan.name}: ${count(scan.refused, 'entry of the list is no tag', 'entries of the list are no tags')}`,
    );
  for (const problem of scan.problems.slice(0, namedMax)) {
    lines.push(`${scan.name}:${problem.tag}: no digest: ${problem.message}`);
  }
  if (scan.problems.length > namedMax) {
    lines.push(
      `${scan.name}: no digest for ${count(scan.problems.length - namedMax, 'more tag', 'more tags')}`,
    );
  }
  return lines;
}

function named(tags: readonly string[], all: number): string {
  const shown = tags.slice(0, namedMax).join(', ');
  return all > namedMax ? `${shown} and ${number(all - namedMax)} more` : shown;
}

function count(value: number, one: string, many: string): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
