import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { deployment, openPinningHouse, type PinningHouse } from './pinning-house.ts';

describe('holdfast lock', () => {
  let house: PinningHouse;
  const at = (rest: string): string => `${house.server.host}/${rest}`;
  const json = (...words: readonly string[]): ReturnType<PinningHouse['json']> => house.json(...words);

  beforeEach(async () => {
    house = await openPinningHouse();
    house.server.pushImage({ repository: 'o/app', tag: 'v1' });
    house.server.pushImage({ repository: 'o/app', tag: 'v2' });
    house.write('deploy/a.yaml', deployment(at('o/app:v1')));
  });
  afterEach(() => house.close());

  describe('--check, without any registry', () => {
    const rules = async (): Promise<readonly (readonly unknown[])[]> => {
      const { value } = await json('lock', '--check', 'deploy');
      return value.findings.map(({ rule, file, line }) => [rule, file, line]);
    };
    beforeEach(async () => {
      await house.run('lock', 'deploy');
      await house.server.close();
    });

    it('finds nothing right after locking, and right after pinning', async () => {
      assert.deepEqual(await rules(), []);
      assert.equal((await house.run('pin', 'deploy')).status, 0);
      assert.deepEqual(await rules(), []);
    });

    it('finds an unlocked reference and an unused entry', async () => {
      house.write('deploy/a.yaml', deployment('quay.io/o/new:v1'));
      assert.deepEqual(await rules(), [
        ['not-in-lock', 'a.yaml', 9],
        ['lock-unused', 'deploy/holdfast.lock', 5],
      ]);
      assert.equal((await house.run('lock', '--check', 'deploy')).status, 1);
    });

    it('finds a digest that contradicts the lock', async () => {
      house.write(
        'deploy/a.yaml',
        deployment(`${house.read('deploy/a.yaml').match(/image: (\S+)/)?.[1]}@${anyDigest}`),
      );
      assert.deepEqual(await rules(), [['lock-contradiction', 'a.yaml', 9]]);
    });

    it('cannot look without a lock file, and says where one is', async () => {
      const { status, stderr } = await house.run('lock', '--check', 'deploy', '--lock-file', 'none.lock');
      assert.equal(status, 3);
      assert.match(stderr, /there is no lock file none\.lock\n {2}hint: make one with "holdfast lock"/);
    });
  });

  describe('--verify', () => {
    beforeEach(() => house.run('lock', 'deploy'));

    it('finds nothing while the registry serves what is locked', async () => {
      assert.equal((await house.run('lock', '--verify', 'deploy')).status, 0);
    });

    it('finds a moved tag, and says when it moved and who noticed', async () => {
      house.server.pushImage({ repository: 'o/app', tag: 'v1', seed: 'rebuilt' });
      house.clock.advance(86_400_000);
      const { status, value } = await json('lock', '--verify', 'deploy');
      const [finding] = value.findings;
      assert.equal(status, 1);
      assert.deepEqual([finding?.rule, finding?.file, finding?.line], ['moved-tag', 'a.yaml', 9]);
      assert.match(
        finding?.message ?? '',
        /o\/app:v1 moved: locked sha256:\w+ since 2026-11-21T10:49:00Z, now sha256:\w+; it moved between 2026-11-21T10:49:00Z and 2026-11-22T10:49:00Z, noticed by lock$/,
      );
      assert.match(finding?.hint ?? '', /the locked content is still there/);
    });

    it('finds a tag that is gone, and says whether its content is', async () => {
      house.server.deleteManifest('o/app', 'v1');
      const [finding] = (await json('lock', '--verify', 'deploy')).value.findings;
      assert.equal(finding?.rule, 'not-in-registry');
      assert.match(
        finding?.message ?? '',
        /the tag of .*o\/app:v1 is gone .*locked content sha256:\w+ is still there/,
      );
    });

    it('computes the digest from the bytes before it calls a tag moved', async () => {
      house.server.faults.add({
        match: { endpoint: 'manifest', method: 'HEAD' },
        fault: { kind: 'wrong-digest' },
      });
      const { value } = await json('lock', '--verify', 'deploy');
      assert.deepEqual(value.findings, []);
    });

    it('cannot look when the registry is away, and finds nothing then', async () => {
      await house.server.close();
      const { status, value } = await json('lock', '--verify', 'deploy');
      assert.equal(status, 3);
      assert.deepEqual([value.findings.length, value.problems[0]?.code], [0, 'REGISTRY_UNREACHABLE']);
    });
  });
});

const anyDigest = `sha256:${'e'.repeat(64)}`;
