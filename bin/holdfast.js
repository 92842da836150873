#!/usr/bin/env node
// The stub that every installation starts: it must parse on any Node, so that an old one gets a sentence
// and not a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `holdfast: needs Node 22.18 or newer, this is ${process.version}\n` +
      'In a checkout, run "npm ci" and then "npx holdfast": it brings a Node of its own.\n',
  );
  process.exitCode = 3;
} else {
  await start();
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
