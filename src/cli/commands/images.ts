import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { isNote } from '../../declared/declared.ts';
import { loadRules } from '../../declared/load-rules.ts';
import { readDeclared } from '../../declared/read-declared.ts';
import { type RenderChoice, renderChoices } from '../../declared/render-places.ts';
import type { Problem } from '../../findings/finding.ts';
import type { Confidence } from '../../manifests/image-field.ts';
import {
  addExamples,
  type CommandModule,
  type CommandOptions,
  collect,
  flagOption,
  listOption,
  stringOption,
} from '../command.ts';
import { UsageError } from '../errors.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { type ImagesFormat, makeImageWriter } from '../images/image-writer.ts';
import { isAtLeast, listedImages } from '../images/listed-image.ts';
import { startProgress } from '../progress.ts';

const formats: readonly ImagesFormat[] = ['table', 'wide', 'json', 'yaml', 'name'];
const confidences: readonly Confidence[] = ['certain', 'likely', 'possible'];

export const command: CommandModule = {
  define(command: Command) {
    command
      .argument('[path...]', 'files, folders, charts, REPOSITORY@REF, or - for standard input')
      .addOption(choiceOption('-o, --output <format>', 'how to print the images', formats, 'table'))
      .addOption(
        choiceOption('--min-confidence <level>', 'leave out what is less sure', confidences, 'likely'),
      )
      .addOption(
        choiceOption(
          '--render <what>',
          'also list what helm or kustomize makes of it',
          renderChoices,
          'auto',
        ),
      )
      .option('--unique', 'each reference once, where it stands first, and how often it stands')
      .option('--config <file>', 'rules to use instead of the holdfast.yaml found from each path upwards')
      .option('-f, --filename <path>', 'a path, in the habit of kubectl', collect)
      .option('-R, --recursive', 'accepted in the habit of kubectl; folders are always read whole');
    addExamples(command, [
      ['holdfast images deploy/', 'every image field under a folder'],
      ['holdfast images . --output name', 'each reference once, for scripts'],
      ['holdfast images https://github.com/org/repo@v1.2//deploy', 'what a release declares'],
      ['helm template ./chart | holdfast images -', 'what a chart renders to'],
    ]);
  },
  run: listImages,
};

async function listImages(
  host: Host,
  positional: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  const paths = [...positional, ...listOption(options, 'filename')];
  if (paths.length === 0) {
    throw new UsageError('images needs a path', 'name a file or folder, e.g. holdfast images .');
  }
  const isWanted = isAtLeast(choice(options, 'minConfidence', confidences, 'likely'));
  const format = choice(options, 'output', formats, 'table');
  const writer = makeImageWriter(host, format, { isUnique: flagOption(options, 'unique') });
  const config = stringOption(options, 'config');
  const rules = config === undefined ? undefined : await loadRules(resolve(host.cwd, config));
  const render: RenderChoice = choice(options, 'render', renderChoices, 'auto');
  const problems: Problem[] = [];
  const progress = startProgress(host, 'reading manifest files');
  let files = 0;
  try {
    const { cwd, stdin, env, signal } = host;
    for await (const file of readDeclared(paths, { cwd, stdin, env, signal, rules, render })) {
      files += 1;
      progress.update(`read ${files} manifest files`);
      problems.push(...file.problems);
      await writer.write(listedImages(file, isWanted));
    }
  } finally {
    progress.stop();
  }
  await writer.end(problems);
  return problems.every(isNote) ? exitStatus.clean : exitStatus.unable;
}

function choiceOption(flags: string, what: string, values: readonly string[], otherwise: string): Option {
  return new Option(flags, what).choices(values).default(otherwise);
}

/** commander has checked the choice already; this gives it its type. */
function choice<Value extends string>(
  options: CommandOptions,
  name: string,
  values: readonly Value[],
  otherwise: Value,
): Value {
  return values.find((value) => value === options[name]) ?? otherwise;
}
