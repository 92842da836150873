import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { ClaimFence, ClaimPlace, Claims, ClaimTurnOutcome } from '../src/ledger/claims.ts';
import { LedgerError } from '../src/ledger/errors.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import type { NextSelection } from '../src/ledger/selection.ts';
import { parseTag } from '../src/reference/tag.ts';
import { freshRepository } from './opened-ledger.ts';

export type OpenedClaims = {
  /** The ledger that fenced writes go to. */
  readonly ledger: Pick<Ledger, 'advanceSelection' | 'findSelection'>;
  open(place: ClaimPlace): Promise<Claims>;
  close(): Promise<void>;
};

/** Longer than any test takes. */
const longMs = 600_000;

/** Over before the next question is asked. */
const momentMs = 1;

const keys = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `team/app-${at}`);

/** Everything that claims promise, on one implementation. */
export function claimsContract(name: string, openPlace: () => Promise<OpenedClaims>): void {
  describe(`claims in ${name}`, () => {
    let opened: OpenedClaims;
    const replicas: Claims[] = [];
    let scopes = 0;
    before(async () => {
      opened = await openPlace();
    });
    after(async () => {
      await Promise.all(replicas.map((replica) => replica.close()));
      await opened.close();
    });

    /** Replicas `a`, `b`, … of a scope that no other test uses. */
    async function open(count: number): Promise<readonly Claims[]> {
      scopes += 1;
      const scope = `scope-${scopes}`;
      const some = await Promise.all(
        Array.from({ length: count }, (_, at) => opened.open({ scope, replica: 'abcdef'.charAt(at) })),
      );
      replicas.push(...some);
      return some;
    }

    it('gives a lone replica everything, and counts a stretch of holding', async () => {
      const [a] = await open(1);
      const turn = await takeTurn(a, keys(3));
      assert.deepEqual(Object.fromEntries(turn.held), { 'team/app-0': 1, 'team/app-1': 1, 'team/app-2': 1 });
      assert.deepEqual([turn.share, turn.replicas, turn.lackingElsewhere], [3, 1, 0]);
    });

    it('leaves what another holds, says what it lacks, and takes it when it is given back', async () => {
      const [a, b] = await open(2);
      await takeTurn(a, keys(5));
      const waiting = await takeTurn(b, keys(5));
      assert.deepEqual([waiting.held.size, waiting.share, waiting.replicas], [0, 2, 2]);
      const asked = await takeTurn(a, keys(5));
      assert.deepEqual([asked.held.size, asked.share, asked.lackingElsewhere], [5, 3, 2]);
      await a?.release(keys(2));
      const taken = await takeTurn(b, keys(5));
      assert.deepEqual(Object.fromEntries(taken.held), { 'team/app-0': 2, 'team/app-1': 2 });
      assert.equal((await takeTurn(a, keys(5))).lackingElsewhere, 0);
    });

    it('shares out so that all keys are held and no two differ by more than one', async () => {
      const some = await open(3);
      // Nobody holds anything yet: each says that it is there first.
      for (const one of some) await takeTurn(one, []);
      const counts: number[] = [];
      for (const one of some) counts.push((await takeTurn(one, keys(11))).held.size);
      assert.deepEqual(counts, [4, 4, 3]);
    });

    it('gives what a silent replica held to another, which the first one is told', async () => {
      const [a, b] = await open(2);
      await takeTurn(a, keys(2), momentMs);
      const taken = await until(
        () => takeTurn(b, keys(2)),
        ({ held }) => held.size === 2,
      );
      assert.deepEqual([...taken.held.values()], [2, 2]);
      assert.equal(taken.replicas, 1);
      assert.equal((await takeTurn(a, keys(2))).held.size, 0);
    });

    it('lets a replica that ran late begin a new stretch, even where nobody took its claims', async () => {
      const [a] = await open(1);
      await takeTurn(a, keys(1), momentMs);
      await until(
        () => takeTurn(a, keys(1)),
        ({ held }) => held.get('team/app-0') === 2,
      );
    });

    it('gives back only its own', async () => {
      const [a, b] = await open(2);
      await takeTurn(a, keys(2));
      await b?.release(keys(2));
      assert.equal((await takeTurn(a, keys(2))).held.size, 2);
    });

    it('gives everything back at once when a replica leaves', async () => {
      const [a, b] = await open(2);
      await takeTurn(a, keys(4));
      await takeTurn(b, keys(4));
      await a?.leave();
      const turn = await takeTurn(b, keys(4));
      assert.deepEqual([turn.held.size, turn.replicas], [4, 1]);
    });

    it('gives a key that its replica does not know of to one that does', async () => {
      const [a, b] = await open(2);
      await takeTurn(a, []);
      assert.equal((await takeTurn(b, keys(2))).held.size, 1);
      await until(
        () => takeTurn(b, keys(2), momentMs),
        ({ held }) => held.size === 2,
      );
    });

    it('keeps scopes apart', async () => {
      const [[a], [other]] = [await open(1), await open(1)];
      await takeTurn(a, keys(2));
      assert.equal((await takeTurn(other, keys(2))).held.size, 2);
    });

    it('writes a selection for whoever holds the claim, and for nobody who lost it', async () => {
      const [a, b] = await open(2);
      const { ledger } = opened;
      const name = freshRepository().path;
      const epoch = (await takeTurn(a, keys(1), longMs)).held.get('team/app-0') ?? 0;
      const fence: ClaimFence = { ...placeOf(a), key: 'team/app-0', epoch };
      assert.equal((await ledger.advanceSelection(undefined, choice(name), fence)).kind, 'advanced');
      for (const wrong of [
        { ...fence, epoch: epoch + 1 },
        { ...fence, replica: 'b' },
        { ...fence, key: 'team/app-1' },
        { ...fence, scope: 'elsewhere' },
      ]) {
        await assert.rejects(ledger.advanceSelection(undefined, choice(`${name}-2`), wrong), isLost);
      }
      await a?.leave();
      await takeTurn(b, keys(1));
      await assert.rejects(ledger.advanceSelection(undefined, choice(`${name}-2`), fence), isLost);
      assert.equal(await ledger.findSelection(`${name}-2`), undefined);
    });

    it('never gives one key to two, whatever they do at the same moment', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 8 }), { minLength: 4, maxLength: 24 }), async (steps) => {
          const some = await open(3);
          const holds = new Map<Claims, ReadonlySet<string>>();
          await Promise.all(
            some.map(async (one, at) => {
              for (const step of steps.filter((_step, index) => index % 3 === at)) {
                if (step === 7) {
                  holds.set(one, new Set());
                  await one.leave();
                } else if (step === 8) {
                  const given = [...(holds.get(one) ?? [])].slice(0, 2);
                  holds.set(one, new Set([...(holds.get(one) ?? [])].filter((key) => !given.includes(key))));
                  await one.release(given);
                } else {
                  const { held } = await takeTurn(one, keys(step));
                  holds.set(one, new Set(held.keys()));
                  const others = some
                    .filter((other) => other !== one)
                    .flatMap((other) => [...(holds.get(other) ?? [])]);
                  for (const key of held.keys()) assert.ok(!others.includes(key), `${key} is held twice`);
                }
              }
            }),
          );
          await Promise.all(some.map((one) => one.leave()));
          replicas.splice(replicas.length - some.length);
          await Promise.all(some.map((one) => one.close()));
        }),
        { numRuns: 20 },
      );
    });
  });
}

function takeTurn(
  claims: Claims | undefined,
  wanted: readonly string[],
  durationMs = longMs,
): Promise<ClaimTurnOutcome> {
  assert.ok(claims);
  return claims.takeTurn({ wanted, durationMs });
}

async function until<Answer>(ask: () => Promise<Answer>, is: (answer: Answer) => boolean): Promise<Answer> {
  const asksMax = 10_000;
  for (let asks = 0; asks < asksMax; asks += 1) {
    const answer = await ask();
    if (is(answer)) return answer;
  }
  throw new Error('it never came to be');
}

function placeOf(claims: Claims | undefined): ClaimPlace {
  assert.ok(claims);
  return claims.place;
}

function choice(name: string): NextSelection {
  return {
    name,
    repository: freshRepository(),
    tag: parseTag('1.0'),
    digest: undefined,
    policy: 'semver >=1.0',
    selectedAt: 10,
    selectedBy: 'test',
    reason: undefined,
  };
}

function isLost(error: unknown): boolean {
  return error instanceof LedgerError && error.code === 'CLAIM_LOST';
}
