import { formatInstant } from '../../clock.ts';
import { isWholeRead, type Snapshot } from '../../cluster/snapshot.ts';
import { shortDigest } from '../../reference/digest.ts';
import { objectKey } from '../../skew/reference-use.ts';
import type {
  LatentSkew,
  PodPlace,
  PullFailure,
  SkewReport,
  Split,
  SplitContent,
  UnknownContent,
} from '../../skew/skew-report.ts';
import type { Paint } from '../color.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../table.ts';

/** Most pods listed one by one; `--output json` holds all. */
const podsMax = 20;

/** Most names in a cell. */
const namesMax = 4;

/** Where lines of prose are broken. */
const proseWidth = 100;

/** The report for somebody who was woken by it: what is split, why, what to do; then everything else. */
export async function skewTable(report: SkewReport, snapshot: Snapshot, paint: Paint): Promise<string> {
  const sections: string[] = [];
  for (const split of report.splits) sections.push(await splitSection(split, paint));
  sections.push(...(await latentSection(report.latent, paint)));
  sections.push(...(await pullSection(report.pullFailures, paint)));
  sections.push(...(await unknownSection(report, paint)));
  sections.push(closing(report, snapshot, paint));
  return sections.join('\n');
}

async function splitSection(split: Split, paint: Paint): Promise<string> {
  const { contents, workloads } = split;
  const users = names(workloads.map(({ workload }) => objectKey(workload)));
  const title = `${paint(['bold', 'red'], 'SPLIT')}  ${paint('bold', split.reference.original)}`;
  const rows = contents.map((content) => contentRow(content, paint));
  return [
    `${title}\n       ${contents.length} contents under one tag, in ${users}\n`,
    indent(await renderTable(['content', 'state', 'pods', 'failing', 'nodes', 'pulled', 'published'], rows)),
    await failingPods(contents),
    indent(heading('Why', paint) + split.why.map(bullet).join('')),
    indent(heading('Do now', paint) + split.doNow.map(adviceLines).join('')),
    indent(heading('Digests', paint) + contents.map(digestLines).join('')),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function contentRow(content: SplitContent, paint: Paint): readonly string[] {
  const { pods, failing, nodes } = content;
  const state =
    failing === 0
      ? paint('green', 'works')
      : paint('red', failing === pods.length ? 'fails' : 'fails in part');
  const published = { true: 'yes', false: 'no', undefined: 'unknown' }[String(content.isPublished)];
  return [
    shortDigest(content.digest),
    state,
    String(pods.length),
    String(failing),
    names(nodes) || '-',
    content.firstPulledAt === undefined ? 'unknown' : formatInstant(content.firstPulledAt),
    published ?? 'unknown',
  ];
}

async function failingPods(contents: readonly SplitContent[]): Promise<string> {
  const rows = contents.flatMap(({ digest, pods }) =>
    pods
      .filter((pod) => pod.failure !== undefined)
      .map((pod) => [place(pod), pod.node ?? '-', shortDigest(digest), pod.failure ?? '']),
  );
  const more = rows.length > podsMax ? `  and ${rows.length - podsMax} more: --output json lists them\n` : '';
  return indent(
    (await renderTable(['failing pod', 'node', 'content', 'state'], rows.slice(0, podsMax))) + more,
  );
}

function adviceLines({ text, command }: Split['doNow'][number], index: number): string {
  const step = wrap(`${index + 1}. ${text}${command === undefined ? '' : ':'}`, '     ').trimStart();
  // A command stays on one line, to be copied whole.
  return `  ${step}${command === undefined ? '' : `       ${command}\n`}`;
}

async function latentSection(latent: readonly LatentSkew[], paint: Paint): Promise<readonly string[]> {
  if (latent.length === 0) return [];
  const rows = latent.map((one) => [
    one.reference.original,
    names(one.running.map(shortDigest)),
    names(one.workloads.map(objectKey)),
    one.prediction,
  ]);
  const title = `${paint(['bold', 'yellow'], 'LATENT')}  splits that the next pod or node will make\n\n`;
  return [title + indent(await renderTable(['reference', 'runs', 'used by', 'what comes'], rows))];
}

async function pullSection(failures: readonly PullFailure[], paint: Paint): Promise<readonly string[]> {
  if (failures.length === 0) return [];
  const rows = failures.map((one) => [
    printable(one.reference),
    names(one.pods.map(place)),
    one.reason,
    printable(one.explanation),
  ]);
  const title = `${paint(['bold', 'yellow'], 'PULLS FAIL')}  images that nodes cannot get\n\n`;
  return [title + indent(await renderTable(['reference', 'pods', 'reason', 'why'], rows))];
}

async function unknownSection(report: SkewReport, paint: Paint): Promise<readonly string[]> {
  const told = new Set(
    report.pullFailures.flatMap((one) => one.pods.map((pod) => `${one.reference}\n${place(pod)}`)),
  );
  const isTold = (one: UnknownContent): boolean =>
    one.pods.every((pod) => told.has(`${one.reference}\n${place(pod)}`));
  const rows = report.unknown
    .filter((one) => !isTold(one))
    .map((one) => [printable(one.reference), names(one.pods.map(place)), printable(one.reason)]);
  if (rows.length === 0) return [];
  const title = `${paint(['bold', 'yellow'], 'UNKNOWN')}  contents that cannot be compared\n\n`;
  return [title + indent(await renderTable(['reference', 'pods', 'why'], rows))];
}

function closing(report: SkewReport, snapshot: Snapshot, paint: Paint): string {
  const { splits, counts, pullFailures, latent } = report;
  const verdict =
    splits.length === 0
      ? sayNone(snapshot, paint)
      : paint(
          'red',
          `${splits.length} ${splits.length === 1 ? 'tag runs' : 'tags run'} with more than one content`,
        );
  const rest = [
    latent.length === 0 ? '' : `${new Set(latent.map((one) => one.reference.original)).size} may soon`,
    pullFailures.length === 0 ? '' : `${pullFailures.length} cannot be pulled`,
  ].filter((part) => part !== '');
  const scope = [
    count(counts.references, 'reference'),
    count(counts.pods, 'pod'),
    count(counts.nodes, 'node'),
  ].join(', ');
  const when = snapshot.takenAt === undefined ? '' : `, as of ${formatInstant(snapshot.takenAt)}`;
  return `${[verdict, ...rest].join('; ')} (${scope}${when})\n`;
}

function sayNone(snapshot: Snapshot, paint: Paint): string {
  if (snapshot.pods.length === 0) return paint('yellow', 'No pods, so nothing was compared');
  const none = 'No tag runs with more than one content';
  return isWholeRead(snapshot)
    ? paint('green', none)
    : paint('yellow', `${none} as far as could be read, which is not all`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function heading(text: string, paint: Paint): string {
  return `${paint('bold', text)}\n`;
}

function bullet(text: string): string {
  return `  - ${wrap(text, '    ').trimStart()}`;
}

/** Whole, for copying; and what else pods report of the same content. */
function digestLines({ digest, alsoReportedAs }: SplitContent): string {
  const others = alsoReportedAs.map((one) => `    also reported as ${one}\n`);
  return `  ${digest}\n${others.join('')}`;
}

/** Broken between words; a word longer than the line stays whole. */
function wrap(text: string, hang: string): string {
  const lines: string[] = [];
  let line = hang;
  for (const word of text.split(' ')) {
    if (line !== hang && line.length + 1 + word.length > proseWidth) {
      lines.push(line);
      line = hang;
    }
    line += line === hang ? word : ` ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}

function names(all: readonly string[]): string {
  return all.length > namesMax
    ? `${all.slice(0, namesMax).join(', ')} and ${all.length - namesMax} more`
    : all.join(', ');
}

function place({ namespace, name }: PodPlace): string {
  return `${namespace}/${name}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
