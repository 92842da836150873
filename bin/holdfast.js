#!/usr/bin/env node
// The stub that every installation starts: it must parse on any Node, so that an old one gets a sentence
// and not a syntax error.

// A controller runs for months and mostly waits: young garbage is kept until 2 MB of it are there, not 32, and
// old garbage until it is two fifths of what lives, not several times as much.
const memoryFlags = ['--max-semi-space-size=2', '--heap-growing-percent=40'];

// Threads share one pool of memory outside the heap: with one each, as glibc gives them, a tenth of all is idle.
const memoryVariables = { MALLOC_ARENA_MAX: '1' };

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  await startElsewhere();
} else {
  keepMemorySmall();
  await start();
}

// V8 and glibc hear that only when a process begins, so this one begins anew, in place: same process, same streams.
function keepMemorySmall() {
  const isAsked = `${process.execArgv} ${process.env['NODE_OPTIONS']}`.includes('semi-space');
  if (process.argv[2] !== 'controller' || isAsked || process.execve === undefined) return;
  const words = [process.execPath, ...process.execArgv, ...memoryFlags, ...process.argv.slice(1)];
  process.execve(process.execPath, words, { ...memoryVariables, ...process.env });
}

async function start() {
  const { existsSync } = await import('node:fs');
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  // A checkout runs its sources; the published package holds no sources, only the bundle.
  const source = new URL('../src/main.ts', import.meta.url);
  const entry = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url);
  const { main } = await import(entry.href);
  await main();
}

// A checkout brings a Node of its own, which does the work; this one passes on its end.
async function startElsewhere() {
  const { existsSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `holdfast: needs Node 22.18 or newer, this is ${process.version}\n` +
        '  hint: install a newer Node; in a checkout, "npm ci" brings one\n',
    );
    process.exitCode = 3;
    return;
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both: the child decides what becomes of it. Others send it to us alone.
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`holdfast: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 3;
  });
  child.on('exit', (code, signal) => {
    for (const one of signals) process.removeAllListeners(one);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}
