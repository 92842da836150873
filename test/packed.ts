import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Packs the package as `npm publish` would and installs the archive into an empty folder, without any
 * registry: that it can be is a part of the promise. Answers the installed stub that `bin` links to.
 */
export function installPacked(folder: string): string {
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], root)) as [
    { filename: string },
  ];
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  npm(['install', '--offline', '--no-save', '--engine-strict=false', join(folder, packed.filename)], home);
  return join(home, 'node_modules', 'holdfast', 'bin', 'holdfast.js');
}

function npm(words: readonly string[], cwd: string): string {
  return execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
