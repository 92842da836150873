import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf, parseDigest } from '../reference/digest.ts';
import { normalizedReference, parseReference } from '../reference/reference.ts';
import { compareWithLock, type ReferenceInFile } from './compare-lock.ts';
import { type Lock, type LockEntry, lookupIn, makeLock } from './lock.ts';
import { carryOut, planLock } from './plan-lock.ts';

const a = parseDigest(`sha256:${'a'.repeat(64)}`);
const b = parseDigest(`sha256:${'b'.repeat(64)}`);
const c = parseDigest(`sha256:${'c'.repeat(64)}`);

const entry = (text: string, digest = a, rest: Partial<LockEntry> = {}): LockEntry => ({
  reference: parseReference(text),
  digest,
  platforms: [],
  ...rest,
});
const inFile = (text: string, place = 'a.yaml#0/image'): ReferenceInFile => ({
  reference: parseReference(text),
  file: 'a.yaml',
  line: 1,
  column: 1,
  place,
});
const whole = { update: false, isWhole: true };

describe('what a lock says of a reference', () => {
  const lock = makeLock([
    entry('nginx', a, {
      platforms: [{ platform: { os: 'linux', architecture: 'amd64' }, digest: b }],
      replaced: [c],
    }),
    entry(`redis:7@${b}`, b),
  ]);
  const d = `sha256:${'d'.repeat(64)}`;
  const table: readonly { name: string; given: string; expected: string }[] = [
    {
      name: 'it is locked under any spelling',
      given: 'docker.io/library/nginx:latest',
      expected: 'locked same',
    },
    { name: 'it is as pin writes it', given: `nginx@${a}`, expected: 'locked pinned' },
    { name: 'it has the digest the entry had before', given: `nginx:latest@${c}`, expected: 'outdated' },
    {
      name: 'it names one platform of the locked index',
      given: `nginx:latest@${b}`,
      expected: 'locked platform',
    },
    { name: 'it contradicts the lock', given: `nginx:latest@${d}`, expected: 'contradicted' },
    { name: 'its tag was changed and the digest was not', given: `nginx:2@${a}`, expected: 'stale' },
    { name: 'its tag was changed after the lock moved on', given: `nginx:2@${c}`, expected: 'stale' },
    { name: 'it has a digest and claims no tag', given: `nginx@${d}`, expected: 'unlocked' },
    { name: 'it is locked with its own digest', given: `redis:7@${b}`, expected: 'locked same' },
    { name: 'it is not locked without that digest', given: 'redis:7', expected: 'unlocked' },
  ];
  for (const { name, given, expected } of table) {
    it(name, () => {
      const answer = lookupIn(lock).ask(parseReference(given));
      assert.equal(answer.kind === 'locked' ? `locked ${answer.how}` : answer.kind, expected);
    });
  }
});

describe('planning a lock', () => {
  it('keeps what is used, resolves what is new, removes what is not used', () => {
    const plan = planLock(
      makeLock([entry('nginx:1'), entry('redis:7')]),
      [inFile('nginx:1'), inFile('app:2')],
      whole,
    );
    assert.deepEqual(
      [plan.keep, plan.resolve, plan.remove].map((list) =>
        list.map((one) => ('reference' in one ? one.reference.original : one.original)),
      ),
      [['nginx:1'], ['app:2'], ['redis:7']],
    );
  });

  it('takes the shortest spelling, whatever order files come in', () => {
    const spellings = ['docker.io/library/nginx:1', 'nginx:1', 'docker.io/nginx:1'];
    for (const order of [spellings, spellings.toReversed()]) {
      const plan = planLock(
        makeLock([]),
        order.map((one) => inFile(one)),
        whole,
      );
      assert.deepEqual(
        plan.resolve.map((one) => one.original),
        ['nginx:1'],
      );
    }
  });

  it('decides nothing about a contradiction', () => {
    const plan = planLock(makeLock([entry('nginx:1')]), [inFile(`nginx:1@${b}`)], whole);
    assert.deepEqual([plan.keep.length, plan.resolve.length, plan.contradicted.length], [1, 0, 1]);
  });

  it('remembers the digests before, newest first, and forgets one that came back', () => {
    const old = makeLock([entry('nginx:1', a, { replaced: [b, c] })]);
    const plan = planLock(old, [inFile('nginx:1')], { update: true, isWhole: true });
    const [updated] = carryOut(plan, [entry('nginx:1', c)], [inFile('nginx:1')]).entries;
    assert.deepEqual([updated?.digest, updated?.replaced], [c, [a, b]]);
  });

  it('notes where a digest was written by hand beside the same tag without one', () => {
    const references = [inFile('nginx:1', 'a.yaml#0/a'), inFile(`nginx:1@${a}`, 'b.yaml#0/b')];
    const plan = planLock(makeLock([]), references, whole);
    const lock = carryOut(plan, [entry('nginx:1'), entry(`nginx:1@${a}`)], references);
    assert.deepEqual(
      lock.entries.map((one) => one.writtenIn),
      [undefined, ['b.yaml#0/b']],
    );
    const pinned = references.map((one) => ({ ...one, reference: parseReference(`nginx:1@${a}`) }));
    assert.deepEqual(carryOut(planLock(lock, pinned, whole), [], pinned), lock, 'locking again keeps both');
  });

  it('ends where nothing is left to find, for any references and any lock', () => {
    const text = fc
      .tuple(
        fc.constantFrom('nginx', 'docker.io/library/nginx', 'quay.io/o/app', 'localhost:5000/x'),
        fc.constantFrom('', ':1', ':latest', ':2'),
        fc.constantFrom('', '', `@${a}`, `@${b}`),
      )
      .map((parts) => parts.join(''));
    const property = fc.property(fc.array(text), fc.array(text), (locked, declared) => {
      const old: Lock = makeLock(locked.map((one) => entry(one, parseReference(one).digest ?? a)));
      const references = declared.map((one) => inFile(one));
      const plan = planLock(old, references, whole);
      const resolved = plan.resolve.map((reference) => ({
        reference,
        digest: reference.digest ?? digestOf(Buffer.from(normalizedReference(reference))),
        platforms: [],
      }));
      const lock = carryOut(plan, resolved, references);
      const rules = compareWithLock({ lock, file: 'holdfast.lock' }, references, true).map((one) => one.rule);
      assert.deepEqual(
        rules.filter((rule) => rule !== 'lock-contradiction'),
        [],
      );
      const again = planLock(lock, references, whole);
      assert.deepEqual([again.resolve, again.remove], [[], []], 'twice equals once');
    });
    fc.assert(property, { numRuns: 500, seed: 5 });
  });
});
