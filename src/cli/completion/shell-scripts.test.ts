import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { listCommandWords } from './command-words.ts';
import { completionScript, shells } from './shell-scripts.ts';

const words = await listCommandWords();

/** What bash would offer for a line of words, the last of which is being typed. */
function completed(...line: readonly string[]): string[] {
  const script = `${completionScript('bash', words)}
COMP_WORDS=(holdfast ${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length}
_holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;

describe('completion', () => {
  it('knows every command with its options, in every shell', () => {
    for (const shell of shells) {
      const script = completionScript(shell, words);
      for (const { name, options } of words) {
        assert.ok(script.includes(name), `${shell} misses ${name}`);
        for (const flag of options.flatMap(({ flags }) => flags).filter((one) => one.startsWith('--'))) {
          assert.ok(script.includes(flag.slice(2)), `${shell} misses ${flag} of ${name}`);
        }
      }
    }
  });

  const table = [
    { name: 'commands', line: ['sk'], expected: ['skew'] },
    { name: 'options', line: ['check', '--snap'], expected: ['--snapshot'] },
    { name: 'values of a closed list', line: ['check', '--output', 'sa'], expected: ['sarif'] },
    { name: 'values after the short option too', line: ['skew', '-o', 'y'], expected: ['yaml'] },
    { name: 'arguments of a closed list', line: ['completion', ''], expected: ['bash', 'zsh', 'fish'] },
    { name: 'the ids of rules', line: ['check', '--skip', 'latest'], expected: ['latest-tag'] },
    { name: 'files', line: ['images', 'package.js'], expected: ['package.json'] },
  ];
  for (const { name, line, expected } of table) {
    it(`completes ${name} in bash`, { skip: hasBash ? false : 'there is no bash' }, () => {
      assert.deepEqual(completed(...line), expected);
    });
  }
});
