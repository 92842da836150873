/**
 * Outside programs that keep ours honest: found on the machine, or skipped with a printed reason. In CI a
 * missing one is an error, never silence.
 *
 * ```ts
 * const skopeo = findTool('skopeo');
 * it('copies an image in', { skip: skopeo.missing }, async () => {
 *   const { stdout } = await runTool(skopeo, ['inspect', …]);
 * });
 * ```
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export type Tool = {
  readonly name: string;
  /** Absolute path; the bare name where the tool is missing. */
  readonly path: string;
  /** False, or why tests with it are skipped: made to be handed to `it(name, { skip })`. */
  readonly missing: false | string;
};

/** A Go program, by the package and version that `go install` takes. */
export type GoTool = { readonly name: string; readonly module: string; readonly version: string };

export const craneTool: GoTool = {
  name: 'crane',
  module: 'github.com/google/go-containerregistry/cmd/crane',
  version: 'v0.20.6',
};

export type RunOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
};

export type RunResult = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** Searched after PATH: a test runner is often started with a short one. */
const systemFolders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/go/bin'];

/**
 * The program of this name in PATH, or in the folders given besides.
 * @throws Error where it is missing and `CI=true`
 */
export function findTool(name: string, folders: readonly string[] = []): Tool {
  return searchTool(name, folders) ?? missingTool(name, `${name} is not installed`);
}

/** As `findTool`, for what one can do without, also in CI. */
export function searchTool(name: string, folders: readonly string[] = []): Tool | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return findExecutable(name, [...folders, ...path, ...systemFolders]);
}

/** The program of this name in one of these folders and nowhere else. */
export function findExecutable(name: string, folders: readonly string[]): Tool | undefined {
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  return path === undefined ? undefined : { name, path, missing: false };
}

/** Where tests keep what they built once: outside the checkout, so that a new clone has it too. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'holdfast');
}

/**
 * A Go program, built once and kept in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`).
 * @throws Error where it cannot be built and `CI=true`
 */
export async function buildGoTool(tool: GoTool): Promise<Tool> {
  const folder = join(cacheFolder(), 'tools', `${tool.name}-${tool.version}`);
  const path = join(folder, tool.name);
  if (isExecutable(path)) return { name: tool.name, path, missing: false };
  const go = findTool('go');
  if (go.missing !== false) return missingTool(tool.name, `${go.missing}, and ${tool.name} is built with it`);
  // Built beside its place and moved there, so that two runs at once never see half a program.
  mkdirSync(join(folder, '..'), { recursive: true });
  const building = mkdtempSync(join(folder, '..', 'building-'));
  try {
    const { status, stderr } = await runTool(go, ['install', `${tool.module}@${tool.version}`], {
      env: { ...process.env, GOBIN: building },
    });
    if (status !== 0) return missingTool(tool.name, `go install failed: ${stderr.trim().split('\n').at(-1)}`);
    mkdirSync(folder, { recursive: true });
    renameSync(join(building, tool.name), path);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return { name: tool.name, path, missing: false };
}

/** Runs a tool to its end. A status other than 0 is a result, not an error. */
export function runTool(tool: Tool, words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, signal } = options;
  const child = spawn(tool.path, words, {
    env: options.env ?? process.env,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  // A tool may end without reading its input; that it did is seen in its status.
  child.stdin.on('error', () => undefined).end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? -1, ...output }));
  });
}

/** @throws Error in CI, where nothing may be missing */
export function missingTool(name: string, reason: string): Tool {
  if (process.env['CI'] === 'true') {
    throw new Error(`${reason}: in CI every outside tool must be there (see .ci/tools)`);
  }
  return { name, path: name, missing: reason };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
