/** A Git server on loopback with one repository that anybody may push to: git's own `http-backend` behind a port. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable, findTool, missingTool, runTool, type Tool } from '../tools.ts';

export type GitTools = { readonly git: Tool; readonly backend: Tool; readonly missing: false | string };

export type GitServer = {
  readonly url: string;
  /** What `main` says of a file. */
  read(path: string): Promise<string>;
  /** Newest first, `SUBJECT` of each commit of `main`. */
  subjects(): Promise<readonly string[]>;
  /** Lines that the newest commit took away and added, without those around. */
  lastChange(): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** @throws Error where git is missing and `CI=true` */
export async function findGitTools(): Promise<GitTools> {
  const git = findTool('git');
  const folder = git.missing === false ? (await runTool(git, ['--exec-path'])).stdout.trim() : '';
  const backend =
    findExecutable('git-http-backend', [folder]) ??
    missingTool('git-http-backend', 'git is not installed with its http-backend');
  return { git, backend, missing: git.missing || backend.missing };
}

/** @param files of the first commit, by path */
export async function startGitServer(
  { git, backend }: GitTools,
  files: Readonly<Record<string, string>>,
): Promise<GitServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-git-'));
  const bare = join(folder, 'fleet.git');
  const run = async (cwd: string, ...words: readonly string[]) => {
    const { status, stdout, stderr } = await runTool(git, words, { cwd });
    if (status !== 0) throw new Error(`git ${words.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  };
  await run(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  await run(bare, 'config', 'http.receivepack', 'true');
  await commitFirst(run, join(folder, 'work'), { bare, files });
  const server = createServer((request, response) => answer(backend, folder, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/fleet.git`,
    read: (path) => run(bare, 'show', `main:${path}`),
    subjects: async () => (await run(bare, 'log', '--format=%s', 'main')).trimEnd().split('\n'),
    async lastChange() {
      const text = await run(bare, 'show', '--format=', '--unified=0', 'main');
      return text.split('\n').filter((line) => /^[+-](?![+-])/.test(line));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Run = (cwd: string, ...words: readonly string[]) => Promise<string>;

async function commitFirst(
  run: Run,
  work: string,
  { bare, files }: { readonly bare: string; readonly files: Readonly<Record<string, string>> },
): Promise<void> {
  mkdirSync(work);
  await run(work, 'init', '--quiet', '--initial-branch=main');
  for (const [path, text] of Object.entries(files)) writeFileSync(join(work, path), text);
  await run(work, 'add', '--all');
  const author = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com'];
  await run(work, ...author, 'commit', '--quiet', '--message=first');
  await run(work, 'push', '--quiet', bare, 'main');
}

/** As a web server does it by CGI (RFC 3875). */
function answer(backend: Tool, folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn(backend.path, [], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: textOf(request.headers['git-protocol']),
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: textOf(request.headers['content-encoding']),
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: 'anybody',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.once('close', () => send(Buffer.concat(pieces), response));
}

function send(answered: Buffer, response: ServerResponse): void {
  const end = answered.indexOf('\r\n\r\n');
  let status = 200;
  for (const line of answered.subarray(0, end).toString('latin1').split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? [];
    if (name === 'Status') status = Number.parseInt(value, 10);
    else if (name !== '') response.setHeader(name, value);
  }
  response.writeHead(end < 0 ? 500 : status).end(answered.subarray(end + 4));
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
