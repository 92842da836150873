/**
 * Room `program`: other programs, run to their end: git, helm, kustomize. No shell is ever in between, so a
 * PATH with any characters in it is only a word. May import rung 0.
 */
import { execFile } from 'node:child_process';
import { ProgramError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type RunProgramOptions = {
  readonly env: Environment;
  readonly cwd?: string;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
};

export type ProgramOutput = { readonly stdout: Uint8Array; readonly stderr: string };

/**
 * Runs a program and answers what it wrote.
 * @throws ProgramError with every code; the signal's reason where it is aborted
 */
export function runProgram(
  name: string,
  words: readonly string[],
  options: RunProgramOptions,
): Promise<ProgramOutput> {
  const { env, cwd, signal, timeoutMs, outputBytesMax } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      name,
      words,
      { env: { ...env }, cwd, signal, timeout: timeoutMs, maxBuffer: outputBytesMax, encoding: 'buffer' },
      (error, stdout, stderr) => {
        const said = stderr.toString('utf8');
        if (error === null) resolve({ stdout, stderr: said });
        else if (signal?.aborted === true) reject(signal.reason);
        else reject(programError(name, error, said, options));
      },
    );
    child.stdin?.end();
  });
}

type ExecError = Error & { readonly code?: unknown; readonly killed?: boolean };

function programError(
  name: string,
  error: ExecError,
  said: string,
  options: RunProgramOptions,
): ProgramError {
  if (error.code === 'ENOENT') {
    return new ProgramError('PROGRAM_MISSING', `${name} is not installed, or not in PATH`, {
      hint: `install ${name}`,
    });
  }
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    const limit = `${Math.round(options.outputBytesMax / 1024 / 1024)} MiB`;
    return new ProgramError('PROGRAM_OUTPUT_TOO_LARGE', `${name} wrote more than ${limit}`);
  }
  if (error.killed === true) {
    const limit = `${Math.round(options.timeoutMs / 1000)} s`;
    return new ProgramError('PROGRAM_TOO_SLOW', `${name} did not end within ${limit}`, { retryable: true });
  }
  return new ProgramError('PROGRAM_FAILED', said.trim() || `${name} failed: ${String(error.code)}`);
}
