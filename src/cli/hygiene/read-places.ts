import { relative } from 'node:path';
import { apiGroup } from '../../api/api.ts';
import type { ImageObjects, ImageObjectsCollector } from '../../cluster/image-objects.ts';
import { readDeclared } from '../../declared/read-declared.ts';
import { describeError } from '../../errors.ts';
import type { Problem } from '../../findings/finding.ts';
import type { HygieneFacts } from '../../hygiene/hygiene.ts';
import { findMarkers, type Marker } from '../../hygiene/policy-markers.ts';
import { splitDocuments } from '../../manifests/documents.ts';
import type { CommandOptions } from '../command.ts';
import type { Host } from '../host.ts';
import { startProgress } from '../progress.ts';

export type Places = Pick<HygieneFacts, 'markers' | 'noMarkers'> & {
  /** With `--no-cluster`. */
  readonly objects: ImageObjects | undefined;
  readonly problems: readonly Problem[];
};

/** Reads the markers, and with `--no-cluster` the objects too. */
export async function readPlaces(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
): Promise<Places> {
  const { collectImageObjects } = await import('../../cluster/image-objects.ts');
  const collector = options['cluster'] === false ? collectImageObjects() : undefined;
  const markers: Marker[] = [];
  const problems: Problem[] = [];
  const { cwd, stdin, env, signal } = host;
  const progress = startProgress(host, 'reading');
  try {
    for await (const { file, path, text, problems: met } of readDeclared(paths, {
      cwd,
      stdin,
      env,
      signal,
    })) {
      progress.update(`reading ${file}`);
      markers.push(...findMarkers(text, file, path === undefined ? undefined : relative(cwd, path)));
      problems.push(...met.filter(({ code }) => !ofImages.has(code)));
      if (collector !== undefined) await addObjects(collector, text, file);
    }
  } finally {
    progress.stop();
  }
  const because = whyUnknown(paths, markers, problems);
  return {
    markers: because === undefined ? markers : undefined,
    noMarkers: because,
    objects: collector && coverAll(collector),
    problems,
  };
}

/** Notes on where images are: markers stand in the files that are written, and these are not. */
const ofImages: ReadonlySet<string> = new Set(['REMOTE_RESOURCE', 'CHART_NOT_RENDERED']);

/** What keeps markers from being known: one in a place that was not read may name any policy. */
function whyUnknown(
  paths: readonly string[],
  markers: readonly Marker[],
  problems: readonly Problem[],
): string | undefined {
  if (paths.length === 0) return 'no place was given to look for markers in';
  if (problems.length > 0) return `${problems.length} of the places could not be read for markers`;
  return markers.length === 0
    ? 'no marker at all stands in the places given: they may not be those that are written'
    : undefined;
}

/** Whoever has none of our objects is not parsed: most files. */
async function addObjects(collector: ImageObjectsCollector, text: string, file: string): Promise<void> {
  if (!text.includes(apiGroup)) return;
  collector.readFrom(file);
  const { readYamlInto } = await import('../../cluster/read-dump.ts');
  for (const { start, end } of splitDocuments(text)) {
    const document = text.slice(start, end);
    if (!document.includes(apiGroup)) continue;
    try {
      await readYamlInto(collector, document);
    } catch (error) {
      collector.addProblem({ code: 'OBJECT_UNREADABLE', message: describeError(error), file });
    }
  }
}

/** Files are all there is: a kind that is not in them is not there. */
function coverAll(collector: ImageObjectsCollector): ImageObjects {
  for (const kind of ['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation']) collector.cover(kind);
  return collector.objects();
}
