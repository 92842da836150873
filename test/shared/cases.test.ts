/** Every file of shared cases is run by a suite beside this one, or it says here what it waits for. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sharedInput } from './inputs.ts';

const { path: folder, missing } = sharedInput('cases/');

const git = "edits in Git are made by Flux's image-automation-controller, which stays";
const waiting: Readonly<Record<string, string>> = {
  'commit-message-cases.json': git,
  'git-cases.json': git,
  'setter-cases.json': git,
  'pull-errors.json': 'no command says yet why a node could not pull an image',
};

describe('the shared cases', { skip: missing }, () => {
  it('are all run, but for those of what there is not yet', () => {
    const here = new URL('.', import.meta.url);
    const suites = readdirSync(here)
      .filter((name) => name.endsWith('-cases.test.ts'))
      .map((name) => readFileSync(new URL(name, here), 'utf8'));
    const run = (name: string): boolean => suites.some((text) => text.includes(name));
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    assert.deepEqual(
      files.filter((name) => !run(name)),
      Object.keys(waiting).toSorted(),
    );
  });
});
