import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type ReflectorProgram, startReflector } from '../flux/reflector-program.ts';

export type ReplicaName = 'a' | 'b';

export type ReplicaStart = {
  readonly program: ReflectorProgram;
  readonly kubeconfig: string;
  readonly storagePath: string;
  readonly namespace: string;
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** A line of its log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** One process of the controller. */
export type Replica = {
  readonly pid: number;
  readonly metricsUrl: string;
  readonly healthUrl: string;
  /** What it said so far, oldest first; the last of it where it said much. */
  log(): readonly LogLine[];
  /** The same as it came, with what is no log: a stack of calls, where it ended by itself. */
  output(): string;
  isRunning(): boolean;
  /** What it calls itself in the Lease; undefined before it led. */
  identity(): string | undefined;
  stop(signal: NodeJS.Signals): Promise<void>;
};

export async function startReplica(start: ReplicaStart): Promise<Replica> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(start);
    } catch (error) {
      if (attempt === attemptsMax || !/address already in use/.test(String(error))) throw error;
    }
  }
}

/** Times free ports are chosen: somebody else may take one before the replica does. */
const attemptsMax = 3;

async function startOnce(start: ReplicaStart): Promise<Replica> {
  const running = await startReflector(start.program, {
    kubeconfig: start.kubeconfig,
    storagePath: start.storagePath,
    flags: ['--log-level=info', ...start.flags],
    env: { RUNTIME_NAMESPACE: start.namespace, ...start.env },
  });
  const log = () => running.output().split('\n').flatMap(parseLine);
  return {
    pid: running.pid,
    metricsUrl: running.metricsUrl,
    healthUrl: running.healthUrl,
    log,
    output: () => running.output(),
    isRunning: () => existsSync(`/proc/${running.pid}`),
    identity: () => identityIn(running.output()),
    stop: (signal) => running.stop(signal),
  };
}

/** Asked many times a second, so that the log is not parsed for it. */
function identityIn(output: string): string | undefined {
  const line = output.slice(Math.max(0, output.lastIndexOf('"msg":"leading"')));
  return /^"msg":"leading",.*?"identity":"([^"]+)"/.exec(line)?.[1];
}

/** The first line kept may be half of one; a program may also say what is no JSON. */
function parseLine(line: string): readonly LogLine[] {
  try {
    return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [];
  } catch {
    return [];
  }
}

/** A copy of a kubeconfig that does not look at the server's certificate, whose dates a wrong clock does not fit. */
export function withoutCertificateDates(kubeconfig: string): string {
  const text = readFileSync(kubeconfig, 'utf8');
  const path = `${kubeconfig}.any-date`;
  writeFileSync(path, text.replace(/"certificate-authority":"[^"]*"/, '"insecure-skip-tls-verify":true'), {
    mode: 0o600,
  });
  return path;
}
