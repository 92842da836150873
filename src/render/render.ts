/**
 * Room `render`: charts and kustomizations as the manifests they stand for, through helm, kustomize and
 * kubectl, run as programs. May import `program` and rung 0.
 */
import { ProgramError } from '../program/errors.ts';
import { type Environment, runProgram } from '../program/run-program.ts';
import { RenderError } from './errors.ts';

export type Renderer = 'helm' | 'kustomize';

export type RenderOptions = {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
};

/** Milliseconds. helm takes a tenth of a second; kustomize may fetch what a kustomization names elsewhere. */
const renderTimeoutMs = 2 * 60 * 1000;

/** Bytes of rendered manifests; the largest charts, CRDs and all, render to about 5 MB. */
const renderBytesMax = 16 * 1024 * 1024;

/** Ways to render, best first, each a program and its words. */
const programs: Readonly<Record<Renderer, readonly (readonly [string, ...string[]])[]>> = {
  helm: [['helm', 'template']],
  kustomize: [
    ['kustomize', 'build'],
    ['kubectl', 'kustomize'],
  ],
};

/**
 * The bytes that `helm template FOLDER` or `kustomize build FOLDER` writes, with the chart's own values.
 *
 * @param folder absolute, so that it cannot be taken for an option
 * @throws RenderError; the signal's reason where it is aborted
 */
export async function render(
  renderer: Renderer,
  folder: string,
  options: RenderOptions,
): Promise<Uint8Array> {
  for (const [program, ...words] of programs[renderer]) {
    try {
      const { stdout } = await runProgram(program, [...words, folder], {
        ...options,
        timeoutMs: renderTimeoutMs,
        outputBytesMax: renderBytesMax,
      });
      return stdout;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      if (error.code === 'PROGRAM_MISSING') continue;
      throw new RenderError('RENDER_FAILED', `${program} ${words.join(' ')}: ${reasonIn(error.message)}`, {
        hint: `run it by hand: ${program} ${words.join(' ')} ${folder}`,
        retryable: error.retryable,
        cause: error,
      });
    }
  }
  const names = programs[renderer].map(([program]) => program).join(' nor ');
  throw new RenderError('RENDERER_MISSING', `${names} is not installed, or not in PATH`, {
    hint: `install ${programs[renderer][0]?.[0]}, or leave out --render`,
  });
}

/** Characters of what a program said. */
const reasonLengthMax = 400;

/** Programs warn first, then say why they gave up, often in several lines. */
function reasonIn(text: string): string {
  const start = text.search(/^Error: /im);
  const reason = text
    .slice(Math.max(start, 0))
    .replace(/^Error: /i, '')
    .replace(/\s+/g, ' ')
    .trim();
  return reason.length > reasonLengthMax ? `${reason.slice(0, reasonLengthMax)}…` : reason;
}
