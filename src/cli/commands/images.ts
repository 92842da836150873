import { type Command, Option } from 'commander';
import { isNote } from '../../declared/declared.ts';
import { readDeclared } from '../../declared/read-declared.ts';
import type { Problem } from '../../findings/finding.ts';
import type { Confidence } from '../../manifests/image-field.ts';
import type { CommandModule, CommandOptions } from '../command.ts';
import { addExamples } from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { type ImagesFormat, makeImageWriter } from '../images/image-writer.ts';
import { isAtLeast, listedImages } from '../images/listed-image.ts';
import { startProgress } from '../progress.ts';

const formats: readonly ImagesFormat[] = ['table', 'json', 'yaml', 'name'];
const confidences: readonly Confidence[] = ['certain', 'likely', 'possible'];

export const command: CommandModule = {
  define(command: Command) {
    command
      .argument('<path...>', 'files, folders, or - for standard input')
      .addOption(
        new Option('-o, --output <format>', 'how to print the images').choices(formats).default('table'),
      )
      .addOption(
        new Option('--min-confidence <level>', 'leave out image fields less sure than this')
          .choices(confidences)
          .default('likely'),
      );
    addExamples(command, [
      ['holdfast images deploy/', 'every image field under a folder'],
      ['holdfast images . --output name', 'each reference once, for scripts'],
    ]);
  },
  run: listImages,
};

async function listImages(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  const isWanted = isAtLeast(choice(options['minConfidence'], confidences, 'likely'));
  const writer = makeImageWriter(host, choice(options['output'], formats, 'table'));
  const problems: Problem[] = [];
  const progress = startProgress(host, 'reading manifest files');
  let files = 0;
  try {
    for await (const file of readDeclared(paths, host)) {
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

/** commander has checked the choice already; this gives it its type. */
function choice<Value extends string>(given: unknown, values: readonly Value[], otherwise: Value): Value {
  return values.find((value) => value === given) ?? otherwise;
}
