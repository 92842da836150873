import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { impureModules, purePackages, rungs, sideways } from './architecture.ts';

const sourceRoot = fileURLToPath(new URL('../src/', import.meta.url));

type Import = { readonly from: string; readonly target: string };

describe('the house', () => {
  const files = listSources(sourceRoot);
  const imports = files.flatMap(readImports);

  it('has a rung for every room', () => {
    const homeless = [...new Set(files.map(roomOf))].filter((room) => rungs[room] === undefined);
    assert.deepEqual(homeless, [], 'add the room to test/architecture.ts, with its rung');
  });

  it('has no test that no script runs', () => {
    const root = join(sourceRoot, '..');
    const scripts = readFileSync(join(root, 'package.json'), 'utf8');
    const patterns = [...scripts.matchAll(/'([^']+\.test\.ts)'/g)].map(([, pattern = '']) => pattern);
    const run = new Set(globSync(patterns, { cwd: root }));
    const written = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root });
    assert.ok(run.size > 0);
    assert.deepEqual(
      written.filter((file) => !run.has(file)),
      [],
    );
  });

  it('has imports that only go down or stay in their room', () => {
    const wrong = imports.filter(isWrongWay).map((one) => chainOf(one, imports));
    assert.deepEqual(wrong, []);
  });

  it('lists no sideways permission that nobody uses', () => {
    const used = new Set(
      imports.filter(isInternal).map((one) => `${roomOf(one.from)} ${roomOf(one.target)}`),
    );
    const builtRooms = new Set(files.map(roomOf));
    const unused = sideways.filter(
      ({ from, to }) => builtRooms.has(from) && builtRooms.has(to) && !used.has(`${from} ${to}`),
    );
    assert.deepEqual(unused, []);
  });

  it('keeps the model free of I/O, and of packages that do any', () => {
    const wrong = imports.filter((one) => (rungs[roomOf(one.from)] ?? 0) <= 1 && isImpure(one));
    assert.deepEqual(
      wrong.map((one) => `${one.from} imports ${one.target}`),
      [],
    );
  });

  it('keeps the model free of clock, randomness and environment', () => {
    const wrong = files
      .filter((file) => rungs[roomOf(file)] === 1 && !file.endsWith('.test.ts'))
      .filter((file) => /\bDate\.now\(|new Date\(\)|Math\.random\(|process\.|fetch\(/.test(read(file)));
    assert.deepEqual(wrong, []);
  });

  it('reads process.env only in main.ts', () => {
    const wrong = files.filter(
      (file) => file !== 'main.ts' && !file.endsWith('.test.ts') && /process\.env/.test(read(file)),
    );
    assert.deepEqual(wrong, []);
  });

  it('has no index files', () => {
    assert.deepEqual(
      files.filter((file) => /(^|\/)index\.ts$/.test(file)),
      [],
    );
  });
});

function isWrongWay(one: Import): boolean {
  if (!isInternal(one) || one.from.endsWith('.test.ts')) return false;
  const [from, to] = [roomOf(one.from), roomOf(one.target)];
  if (from === to) return false;
  const [fromRung, toRung] = [rungs[from] ?? -1, rungs[to] ?? -1];
  if (fromRung > toRung) return false;
  return !(
    fromRung === toRung &&
    (fromRung === 0 || sideways.some((rule) => rule.from === from && rule.to === to))
  );
}

/** The offending import, and one way the program reaches it, so that a reader sees how it came in. */
function chainOf(wrong: Import, imports: readonly Import[]): string {
  const chain = [wrong.from];
  for (
    let importer = importerOf(wrong.from);
    importer && !chain.includes(importer);
    importer = importerOf(importer)
  ) {
    chain.unshift(importer);
  }
  return `${[...chain, wrong.target].join(' -> ')} (${roomOf(wrong.from)} may not import ${roomOf(wrong.target)})`;

  function importerOf(file: string): string | undefined {
    return imports.find((one) => one.target === file && !one.from.endsWith('.test.ts'))?.from;
  }
}

function isImpure(one: Import): boolean {
  if (one.from.endsWith('.test.ts') || isInternal(one)) return false;
  if (one.target.startsWith('node:')) return impureModules.includes(one.target.slice('node:'.length));
  return !purePackages.includes(one.target);
}

function isInternal(one: Import): boolean {
  return one.target.endsWith('.ts');
}

/** A test stands in the room of what it tests. */
function roomOf(file: string): string {
  return file.replace(/\.test\.ts$/, '.ts').split('/')[0] ?? file;
}

function readImports(file: string): Import[] {
  const pattern =
    /^(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"\s]+)['"]|\bimport\(\s*['"]([^'"\s]+)['"]|^import\s*['"]([^'"\s]+)['"]/gm;
  return [...read(file).matchAll(pattern)].map(([, listed, dynamic, bare]) => {
    const specifier = listed ?? dynamic ?? bare ?? '';
    return {
      from: file,
      target: specifier.startsWith('.')
        ? relative(sourceRoot, resolve(sourceRoot, dirname(file), specifier))
        : specifier,
    };
  });
}

function read(file: string): string {
  return readFileSync(join(sourceRoot, file), 'utf8');
}

function listSources(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort();
}
