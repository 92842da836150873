import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeWorkFolder } from './work-folder.ts';

describe('a folder for the servers of tests', () => {
  it('takes away what a killed run left, with its servers, and nothing of a living one', {
    skip: existsSync('/proc/self/cmdline') ? false : 'there is no /proc here',
  }, async () => {
    const kind = `lost${process.pid}`;
    const gone = spawnSync(process.execPath, ['--version']).pid;
    const lost = join(tmpdir(), `holdfast-${kind}-${gone}-abc`);
    const living = join(tmpdir(), `holdfast-${kind}-${process.ppid}-abc`);
    for (const folder of [lost, living]) mkdirSync(folder);
    const server = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', lost]);
    await once(server, 'spawn');
    const ended = once(server, 'exit');
    const made = makeWorkFolder(kind);
    await ended;
    assert.equal(server.signalCode, 'SIGKILL');
    assert.deepEqual([lost, living, made].map(existsSync), [false, true, true]);
    spawnSync('rm', ['-r', living, made]);
  });
});
