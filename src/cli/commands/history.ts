import type { Command } from 'commander';
import { effectiveTag, parseReference, type Reference } from '../../reference/reference.ts';
import type { Tag } from '../../reference/tag.ts';
import { paintFor } from '../color.ts';
import type { CommandModule, CommandOptions } from '../command.ts';
import { addExamples, stringOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import { historyJson } from '../history/history-json.ts';
import { historyTables } from '../history/history-table.ts';
import { readTimelines } from '../history/timeline.ts';
import type { Host } from '../host.ts';
import { parseInstant } from '../instant.ts';
import { addLedgerOption, withLedgerReader } from '../ledger-option.ts';
import { addOutputOption, writeOutput } from '../output.ts';

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<reference>', 'a reference with a tag (latest where none is written)');
    command.option('--at <time>', 'what it pointed to then: 2026-11-03T08:00:00Z, 2026-11-03, or 2d ago');
    addLedgerOption(command);
    addOutputOption(command);
    addExamples(command, [
      ['holdfast history ghcr.io/kube-logging/fluentd:v1.16-4.11-full', 'every digest it was seen with'],
      ['holdfast history ghcr.io/kube-logging/fluentd:v1.16-4.11-full --at 2d', 'the one of two days ago'],
    ]);
  },
  run: showHistory,
};

async function showHistory(
  host: Host,
  [text = '']: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  const reference = parseReference(text);
  const tag = tagOf(reference);
  const atText = stringOption(options, 'at');
  const at = atText === undefined ? undefined : parseInstant(atText, host.clock.now());
  const timelines = await withLedgerReader(host, options, (ledger) =>
    readTimelines(ledger, reference, tag, at),
  );
  await writeOutput(host, options, historyJson(timelines), () => historyTables(timelines, paintFor(host)));
  return timelines.some(({ isKnown }) => isKnown) ? exitStatus.clean : exitStatus.unable;
}

function tagOf(reference: Reference): Tag {
  const tag = effectiveTag(reference);
  if (tag === undefined) {
    throw new UsageError(
      `a digest has no history: ${reference.original}`,
      'name the tag whose history you want, e.g. ghcr.io/kube-logging/fluentd:v1.16-4.11-full',
    );
  }
  return tag;
}
