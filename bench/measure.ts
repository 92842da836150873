import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { median } from './bench.ts';

export type ProcessFigures = {
  /** Seconds from spawn to exit. */
  readonly wallSeconds: number;
  /** User and system time together; NaN where the system does not tell. */
  readonly cpuSeconds: number;
  /** Peak resident memory in MB (1,000,000 bytes); NaN where the system does not tell. */
  readonly peakMegabytes: number;
};

/** How often a process is looked at. Its peak memory is a high-water mark, so little is lost between looks. */
const lookEveryMs = 5;

/** Ticks a second of /proc/PID/stat. Source: proc(5); 100 on every Linux that matters. */
const ticksPerSecond = 100;

/**
 * Runs a command to its end several times and answers the median of each figure. Output is thrown away.
 * NODE_EXTRA_CA_CERTS is unset: it costs some Nodes 100 ms a start.
 * @throws when the command fails: a benchmark of a failure means nothing
 */
export async function measureProcess(
  command: string,
  words: readonly string[],
  options: { readonly runs?: number; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<ProcessFigures> {
  const figures: ProcessFigures[] = [];
  for (let run = 0; run < (options.runs ?? 3); run += 1)
    figures.push(await measureOnce(command, words, options));
  return {
    wallSeconds: median(figures.map((one) => one.wallSeconds)),
    cpuSeconds: median(figures.map((one) => one.cpuSeconds)),
    peakMegabytes: median(figures.map((one) => one.peakMegabytes)),
  };
}

async function measureOnce(
  command: string,
  words: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<ProcessFigures> {
  const { NODE_EXTRA_CA_CERTS: _left, ...environment } = { ...process.env, ...options.env };
  const startedAt = performance.now();
  const child = spawn(command, [...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let errorText = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (errorText.length < 10_000) errorText += chunk.toString();
  });
  let seen = { cpuSeconds: Number.NaN, peakMegabytes: Number.NaN };
  const timer = setInterval(() => {
    seen = lookAt(child.pid ?? 0) ?? seen;
  }, lookEveryMs);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  if (code !== 0)
    throw new Error(`${command} ${words.slice(0, 5).join(' ')} ended with ${code}: ${errorText}`);
  return { wallSeconds: (performance.now() - startedAt) / 1000, ...seen };
}

function lookAt(pid: number): { cpuSeconds: number; peakMegabytes: number } | undefined {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (peak === undefined) return undefined;
    return {
      peakMegabytes: (Number(peak) * 1024) / 1e6,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    };
  } catch {
    return undefined;
  }
}
