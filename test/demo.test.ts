import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

function startDemo(cwd: string, words: readonly string[]): { child: ChildProcess; text(): string } {
  // As npx starts it.
  const env = { ...process.env, npm_command: 'exec' };
  const child = spawn(process.execPath, [stub, 'demo', ...words], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { child, text: () => text };
}

describe('the demo', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'holdfast-demo-test-'));
  after(() => rmSync(cwd, { recursive: true, force: true }));

  describe('told once', () => {
    let text = '';
    before(async () => {
      const demo = startDemo(cwd, ['--once']);
      const [status] = (await once(demo.child, 'close')) as [number];
      text = demo.text();
      assert.equal(status, 0, text);
    });

    const expected = {
      'types each command so that it can be typed again': /^\$ npx holdfast images /m,
      'finds the image of the StatefulSet':
        /kube-logging\/fluentd:v1\.16-4\.11-full +fluentd\.yaml:18 +StatefulSet\/platform-fluentd/,
      'notices that the tag moved': /fluentd:v1\.16-4\.11-full moved from sha256:[0-9a-f]{12}/,
      'shows both digests in the history': /moved once/,
      'says that the failing pods are exactly those of the new node':
        /The failing pods are exactly those of node node-2: platform-fluentd-2, platform-fluentd-3\s+and\s+platform-fluentd-4/,
      'says what to do now':
        /kubectl -n logging set image statefulset\/platform-fluentd fluentd=\S+@sha256:[0-9a-f]{64}/,
      'names the fixed build of the content that works': /fluentd:v1\.16-4\.11-full-build\.168/,
      'shows what pinning changes':
        /\+ {10}image: "\S+config-reloader:v0\.0\.6@sha256:[0-9a-f]{64}" # reloads on change/,
      'pins every reference': /changed 5 image fields in 4 files/,
      'reports the split, and nothing else is left': /split-tag[\s\S]*\n1 error in 1 file\./,
    };
    for (const [name, pattern] of Object.entries(expected)) it(name, () => assert.match(text, pattern));

    it('leaves nothing behind', () => assert.deepEqual(readdirSync(cwd), []));
  });

  it('stays up for commands of your own, and leaves nothing behind after Ctrl-C', async () => {
    const demo = startDemo(cwd, []);
    for await (const _chunk of demo.child.stdout ?? []) {
      if (demo.text().includes('until Ctrl-C')) break;
    }
    assert.deepEqual(readdirSync(cwd), ['holdfast-demo']);
    demo.child.kill('SIGINT');
    const [status] = (await once(demo.child, 'exit')) as [number];
    assert.equal(status, 0);
    assert.deepEqual(readdirSync(cwd), []);
  });
});
