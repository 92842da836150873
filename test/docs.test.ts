import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../src/cli/cli.ts';
import { commands } from '../src/cli/commands.ts';
import { rules } from '../src/findings/rules.ts';
import { version } from '../src/version.ts';
import { testHost } from './host.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest: {
  version: string;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
} = JSON.parse(read('package.json'));

describe('the documents', () => {
  it('show the two commands a stranger needs', () => {
    const readme = read('README.md');
    assert.ok(readme.includes('npm ci && npm start'));
    assert.ok(readme.includes('npm ci && npm test'));
  });

  for (const { name } of commands) {
    it(`have a page for ${name}, with an example, its exit status, and a link from the list`, () => {
      const page = read(`docs/commands/${name}.md`);
      assert.ok(page.includes(`holdfast ${name}`), 'no example');
      assert.match(page, /exit status/i);
      assert.ok(read('README.md').includes(`docs/commands/${name}.md`), 'not linked from README.md');
    });
  }

  it('say truly what every command has: --help with examples, and --output where it reports', async () => {
    const silent = ['demo', 'controller', 'completion'];
    for (const { name } of commands) {
      const { host, stdout } = testHost();
      await runCli([name, '--help'], host);
      assert.match(stdout(), /^Examples:$/m, name);
      assert.equal(stdout().includes('--output'), !silent.includes(name), name);
    }
  });

  it('have no page for a command that is gone', () => {
    const pages = readdirSync(join(root, 'docs/commands')).map((file) => file.replace(/\.md$/, ''));
    const names = commands.map((command) => command.name);
    assert.deepEqual(
      pages.filter((page) => !names.includes(page)),
      [],
    );
  });

  for (const rule of rules) {
    it(`describe the rule ${rule.id} as the program does`, () => {
      const page = read('docs/rules.md');
      assert.ok(page.includes(`## ${rule.id}`), 'no section');
      assert.ok(page.includes(rule.why), 'the reason differs from src/findings/rules.ts');
    });
  }

  it('have a line for every dependency, and for no other', () => {
    const listed = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(
      ([, name]) => name ?? '',
    );
    assert.deepEqual(listed.sort(), Object.keys(manifest.devDependencies).sort());
  });

  it('name only files and scripts that exist', () => {
    for (const document of documents()) {
      const text = read(document);
      for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
        assert.ok(existsSync(join(root, document, '..', link)), `${document} links to ${link}`);
      }
      for (const [, script = ''] of text.matchAll(/npm run ([a-z:]+)/g)) {
        assert.ok(script in manifest.scripts, `${document} names the script ${script}`);
      }
      for (const [, path = ''] of text.matchAll(/`((?:src|test|bench|scripts|docs|bin|\.ci)\/[\w./-]+)`/g)) {
        assert.ok(existsSync(join(root, path)), `${document} names ${path}`);
      }
    }
  });

  it("install us by path alone: by name, somebody else's package would come", () => {
    for (const document of documents()) {
      assert.doesNotMatch(read(document), /npm (?:install|i|add|exec)(?: -\S+)* holdfast\b/, document);
    }
  });

  it('name the version of package.json', () => assert.equal(version, manifest.version));
});

function documents(): string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const inRoot = readdirSync(root).filter((file) => file.endsWith('.md'));
  return [...inRoot, ...inDocs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
