import type { Readable } from 'node:stream';
import { ClusterError } from './errors.ts';
import { collectImageObjects, type ImageObjects, type ImageObjectsCollector } from './image-objects.ts';
import { type ReadDumpOptions, readDumpInto, readDumpStreamInto } from './read-dump.ts';

export type ReadImageDumpOptions = Pick<ReadDumpOptions, 'signal' | 'name'>;

/**
 * The image objects in a dump: what `kubectl get imagerepositories,imagepolicies -A -o json` printed, several of
 * them in one file, or a folder of them. ImageUpdateAutomations may be left out, and are not known then; either of
 * the other kinds that is missing is a problem.
 * @throws ClusterError `SNAPSHOT_UNREADABLE`, `SNAPSHOT_TOO_LARGE`; `SNAPSHOT_EMPTY` where none of them is in it,
 * since a list of no kind may mean that nothing was asked for
 */
export async function readImageDump(path: string, options: ReadImageDumpOptions = {}): Promise<ImageObjects> {
  const name = options.name ?? path;
  return collectFrom(name, (collector, onProgress) =>
    readDumpInto(collector, path, { ...options, onProgress }),
  );
}

/** The same from a stream, e.g. standard input. */
export async function readImageDumpStream(
  name: string,
  stream: Readable,
  options: ReadImageDumpOptions = {},
): Promise<ImageObjects> {
  return collectFrom(name, (collector, onProgress) =>
    readDumpStreamInto(collector, name, stream, { ...options, onProgress }),
  );
}

type Read = (
  collector: ImageObjectsCollector,
  onProgress: (objects: number, bytes: number) => void,
) => Promise<void>;

async function collectFrom(name: string, read: Read): Promise<ImageObjects> {
  const collector = collectImageObjects();
  let isEmpty = true;
  await read(collector, (_objects, bytes) => {
    isEmpty &&= bytes === 0;
  });
  const objects = collector.objects();
  const { repositories, policies, automations, problems } = objects;
  const { dumpCommand } = collector;
  if (repositories === undefined && policies === undefined && automations === undefined) {
    const [complaint] = problems;
    const what = isEmpty ? `${name} is empty` : `no image objects in ${name}`;
    throw new ClusterError(
      'SNAPSHOT_EMPTY',
      complaint === undefined ? what : `${what}; ${complaint.message}`,
      {
        hint: `did the command that wrote it fail? Give what "${dumpCommand}" prints`,
      },
    );
  }
  const missing = [
    ...(repositories === undefined ? ['ImageRepository'] : []),
    ...(policies === undefined ? ['ImagePolicy'] : []),
  ].map((kind) => ({
    code: 'KIND_MISSING',
    message: `no ${kind} in ${name}: whether there is none, or none was asked for, cannot be told`,
    hint: `give what "${dumpCommand}" prints`,
  }));
  return { ...objects, problems: [...problems, ...missing] };
}
