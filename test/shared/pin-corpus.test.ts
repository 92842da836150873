import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isNote } from '../../src/declared/declared.ts';
import { readDeclared } from '../../src/declared/read-declared.ts';
import { makeLock } from '../../src/lock/lock.ts';
import { carryOutEdits, planEdits } from '../../src/pinning/edit-files.ts';
import type { LockOnDisk } from '../../src/pinning/lock-on-disk.ts';
import { referencesIn } from '../../src/pinning/lockable.ts';
import { type FilePlanner, pinPlanner, unpinPlanner } from '../../src/pinning/pin-files.ts';
import { digestOf } from '../../src/reference/digest.ts';
import { normalizedReference } from '../../src/reference/reference.ts';
import { testHost } from '../host.ts';
import { sharedInput } from './inputs.ts';

const { path: corpus, missing } = sharedInput('corpus/manifests/');

test('pins every reference of real repositories, changes nothing else, and unpins to the same bytes', {
  skip: missing,
}, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-corpus-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(corpus, folder, { recursive: true });
  const original = bytesBelow(folder);
  const { host } = testHost({ cwd: folder });
  const viewpoint = { cwd: folder, lockFolder: folder };
  const references = [];
  for await (const file of readDeclared(['.'], host)) references.push(...referencesIn(file, viewpoint));
  const entries = references.map(({ reference }) => ({
    reference,
    digest: reference.digest ?? digestOf(Buffer.from(normalizedReference(reference))),
    platforms: [],
  }));
  const lock: LockOnDisk = {
    lock: makeLock(entries),
    path: join(folder, 'holdfast.lock'),
    file: 'holdfast.lock',
    format: 'holdfast',
    text: '',
  };
  const edit = async (planner: FilePlanner): Promise<ReturnType<typeof planEdits>> => {
    const plan = await planEdits(readDeclared(['.'], host), planner, () => undefined);
    return carryOutEdits(plan, host.signal);
  };

  const pinned = await edit(pinPlanner(lock, viewpoint));
  const done = pinned.plans.flatMap((plan) => plan.edits);
  const refused = pinned.plans.flatMap((plan) => plan.refused);
  context.diagnostic(`${references.length} references, ${done.length} pinned, ${refused.length} refused`);
  assert.deepEqual(
    refused.map(({ refusal }) => refusal.message),
    [],
  );
  assert.deepEqual(
    pinned.problems.filter((problem) => !isNote(problem)),
    [],
  );
  assert.equal(done.length, references.filter(({ reference }) => reference.digest === undefined).length);

  // Taking every digest that was added out of the text again, whatever form it stands in, leaves the original.
  const digests = new Set(done.map(({ to }) => to.digest ?? ''));
  for (const [file, bytes] of bytesBelow(folder)) {
    assert.equal(
      withoutDigests(file, bytes.toString('latin1'), digests),
      original.get(file)?.toString('latin1'),
      file,
    );
  }

  const again = await edit(pinPlanner(lock, viewpoint));
  assert.equal(again.plans.flatMap((plan) => plan.edits).length, 0, 'twice equals once');

  const unpinned = await edit(unpinPlanner(lock, viewpoint, { all: false }));
  assert.equal(unpinned.plans.flatMap((plan) => plan.edits).length, done.length);
  const after = bytesBelow(folder);
  assert.equal(after.size, original.size);
  for (const [file, bytes] of original) assert.ok(after.get(file)?.equals(bytes), `${file} differs`);
});

/** Without `digest:` lines of kustomizations, `@digest`, and the values of digest keys. */
function withoutDigests(file: string, text: string, digests: ReadonlySet<string>): string {
  const ownLine = /\r?\n[ \t]*digest: (sha256:[0-9a-f]{64})(?=\r?\n|$)/g;
  const value = /(?:@|(?<=digest:) )?(sha256:[0-9a-f]{64})/g;
  const ifAdded = (all: string, digest: string): string => (digests.has(digest) ? '' : all);
  const rest = /kustomization/i.test(file) ? text.replace(ownLine, ifAdded) : text;
  return rest.replace(value, ifAdded);
}

function bytesBelow(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  return new Map(
    files
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [file, readFileSync(join(folder, file))] as const),
  );
}
