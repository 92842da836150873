import { lineField } from './read-lines.ts';
import type { Reading } from './reading.ts';
import { isExcluded } from './rules.ts';
import { readReference } from './value-shape.ts';

export function isDockerfileName(fileName: string): boolean {
  return /(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$|\.(?:dockerfile|containerfile)$/i.test(
    fileName,
  );
}

/** `FROM ref AS stage` and `COPY --from=ref`. Source: the Dockerfile reference; a stage's name wins over an image's. */
const fromLine = /^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S{1,600})(?:[ \t]+AS[ \t]+(\S+))?/i;
const copyLine = /^[ \t]*(?:COPY|RUN|ADD)[ \t][^\n]{0,500}?(?:--from=|,from=)([^\s,]{1,600})/i;

/** Reads the base images of a Dockerfile; stages, `scratch` and `$ARG` are none. */
export function readDockerfile(reading: Reading, text: string): void {
  const stages = new Set<string>();
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, Math.min(end, at + 2000));
    const from = fromLine.exec(line);
    const reference = from?.[1] ?? copyLine.exec(line)?.[1];
    if (
      reference !== undefined &&
      !stages.has(reference.toLowerCase()) &&
      readReference(reference) !== undefined
    ) {
      const target = { file: reading.fileName, keys: [], kind: undefined, reference };
      const start =
        at + line.indexOf(reference, from === null ? line.search(/from=/i) + 5 : line.search(/\S/) + 4);
      if (!isExcluded(reading.rules, target)) reading.found.push(lineField(reference, start, 'dockerfile'));
    }
    if (from?.[2] !== undefined) stages.add(from[2].toLowerCase());
    at = end + 1;
  }
}
