import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { imagePolicies } from '../src/api/api.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import type { ReflectedApi } from './reflected-api.ts';
import {
  conditionOf,
  image,
  isReady,
  type ReflectedCluster,
  readyOf,
  type Status,
  startReflectedCluster,
} from './reflected-cluster.ts';

/** API servers of one kind, one after the other. */
export type ReflectedApis = {
  /** One without objects. */
  open(): Promise<ReflectedApi>;
  stop(): Promise<void>;
};

export type ReflectorContractOptions = {
  readonly skip?: false | string;
  /** Refuses what the definitions of the kinds rule out, before a controller sees it. */
  readonly isValidating?: boolean;
};

let cluster: ReflectedCluster;

const imageName = (): string => `${cluster.registry.host}/${image}`;

async function createBoth(policy: Record<string, unknown> = {}): Promise<void> {
  await cluster.create('ImageRepository', 'app', { image: imageName(), interval: '1h' });
  await createPolicy('app', policy);
}

function createPolicy(name: string, policy: Record<string, unknown> = {}): Promise<void> {
  return cluster.create('ImagePolicy', name, {
    imageRepositoryRef: { name: 'app' },
    policy: { semver: { range: '>=1.0.0' } },
    ...policy,
  });
}

const requestScan = (token: string): Promise<void> =>
  cluster.patch('ImageRepository', 'app', {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } },
  });

const annotate = (annotations: Record<string, string | null>): Promise<void> =>
  cluster.patch('ImagePolicy', 'app', { metadata: { annotations } });

const untilTag = (tag: string): Promise<Status> =>
  cluster.until('ImagePolicy', 'app', (status) => isReady(status) && status.latestRef?.tag === tag);

const untilHandled = (token: string): Promise<Status> =>
  cluster.until(
    'ImageRepository',
    'app',
    (status) =>
      status.lastHandledReconcileAt === token && conditionOf(status, 'Reconciling')?.reason !== 'Progressing',
  );

/** What the controllers do for a person at a cluster, whatever serves its API. */
export function reflectorContract(
  name: string,
  start: () => Promise<ReflectedApis>,
  { skip = false, isValidating = false }: ReflectorContractOptions = {},
): void {
  describe(`the reflector on ${name}`, { skip }, () => {
    let apis: ReflectedApis;
    before(async () => {
      apis = await start();
    });
    after(() => apis?.stop());
    beforeEach(async () => {
      cluster = await startReflectedCluster(() => apis.open());
    });
    afterEach(() => cluster.close());

    it('scans a repository and selects, as soon as both are there', async () => {
      cluster.push('v2.17.1', 'v2.17.2', 'v1.0.0', 'latest', 'sha256-abc.sig');
      await createBoth();
      const replica = await cluster.replica('one');
      const policy = await cluster.until('ImagePolicy', 'app', isReady);
      assert.deepEqual(policy.latestRef, { name: imageName(), tag: 'v2.17.2' });
      assert.equal(policy.observedPreviousRef, undefined);
      assert.equal(readyOf(policy)?.message, `Latest image tag for ${imageName()} resolved to v2.17.2`);
      const repository = await cluster.until('ImageRepository', 'app', isReady);
      assert.equal(repository.canonicalImageName, imageName());
      assert.equal(repository.observedGeneration, 1);
      assert.equal(repository.lastScanResult?.tagCount, 4);
      assert.deepEqual(repository.lastScanResult.latestTags, ['v2.17.2', 'v2.17.1', 'v1.0.0', 'latest']);
      assert.equal(
        readyOf(repository)?.message,
        `successful scan: found 4 tags with checksum ${repository.lastScanResult.revision}`,
      );
      assert.equal(replica.notReady(), undefined);
      assert.deepEqual(eventsOf(replica, 'ImagePolicy'), [
        `Normal Succeeded Latest image tag for ${imageName()} resolved to v2.17.2`,
      ]);
    });

    it('goes forward when a scan was asked for, and says what was before', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      cluster.push('v1.1.0');
      await requestScan('now');
      const policy = await untilTag('v1.1.0');
      assert.deepEqual(policy.observedPreviousRef, { name: imageName(), tag: 'v1.0.0' });
      assert.equal(
        readyOf(policy)?.message,
        `Latest image tag for ${imageName()} resolved to v1.1.0 (previously ${imageName()}:v1.0.0)`,
      );
      assert.equal((await untilHandled('now')).lastHandledReconcileAt, 'now');
    });

    describe('taken over by a replica with an older ledger', () => {
      let seen: string[];
      let watching: AbortController | undefined;
      let watch: Promise<void>;

      beforeEach(async () => {
        cluster.push('v2.17.0', 'v2.17.1');
        await createBoth();
        const first = await cluster.replica('leader');
        await untilTag('v2.17.1');
        await first.stop();
        await copyFile(join(cluster.folder, 'leader.db'), join(cluster.folder, 'standby.db'));
        const again = await cluster.replica('leader');
        cluster.push('v2.17.2');
        await requestScan('newer');
        await untilTag('v2.17.2');
        await again.stop();
        watching = new AbortController();
        seen = [];
        watch = watchTags(seen, watching.signal);
      });
      afterEach(async () => {
        watching?.abort(new Error('enough'));
        await watch;
      });

      it('scans before it elects, and goes on forward', async () => {
        const standby = await cluster.replica('standby');
        cluster.push('v2.17.3');
        await requestScan('standby');
        await untilTag('v2.17.3');
        assert.equal(standby.notReady(), undefined);
        assert.deepEqual([...new Set(seen)].toSorted(), [...new Set(seen)]);
        assert.ok(!seen.includes('v2.17.1'), `latestRef went ${seen.join(' -> ')}`);
      });

      it('stays where it is while the registry is away', async () => {
        const rule = { match: { endpoint: 'tags' }, fault: { kind: 'status', status: 404 } } as const;
        cluster.registry.faults.add(rule);
        await cluster.replica('standby');
        const repository = await cluster.until(
          'ImageRepository',
          'app',
          (status) => readyOf(status)?.status === 'False',
        );
        assert.equal(readyOf(repository)?.reason, 'ReadOperationFailed');
        await annotate({ 'reconcile.fluxcd.io/requestedAt': 'look' });
        const policy = await cluster.until(
          'ImagePolicy',
          'app',
          (status) => status.lastHandledReconcileAt === 'look',
        );
        assert.equal(policy.latestRef?.tag, 'v2.17.2');
        assert.deepEqual(
          [...new Set(seen)].filter((tag) => tag !== 'v2.17.2'),
          [],
        );
      });

      it('refuses the older tag that a registry with a lapse offers, and says so once', async () => {
        cluster.registry.faults.add({
          match: { endpoint: 'tags' },
          fault: { kind: 'forget-tag', tag: 'v2.17.2' },
        });
        const standby = await cluster.replica('standby');
        const policy = await cluster.until(
          'ImagePolicy',
          'app',
          (status) => conditionOf(status, 'holdfast.dev/Selection')?.reason === 'RegressionRefused',
        );
        const condition = conditionOf(policy, 'holdfast.dev/Selection');
        assert.match(
          condition?.message ?? '',
          /^v2\.17\.2 under policy [0-9a-f]{16}; refused v2\.17\.1, which ranks below it/,
        );
        assert.match(
          condition?.message ?? '',
          /the registry still has it by name\); allow it by holdfast\.dev\/allow-rollback: v2\.17\.1$/,
        );
        assert.equal(policy.latestRef?.tag, 'v2.17.2');
        assert.equal(readyOf(policy)?.status, 'True');
        const warnings = standby.events.filter(({ reason }) => reason === 'RegressionRefused');
        assert.equal(warnings.length, 1);
        assert.ok(seen.every((tag) => tag === 'v2.17.2'));
      });

      it('writes nothing once it no longer leads', async () => {
        const standby = await cluster.replica('standby');
        await cluster.until('ImagePolicy', 'app', () => standby.notReady() === undefined);
        const before = cluster.registry.requests.list().length;
        cluster.push('v2.17.9');
        cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: 500 } });
        await requestScan('lost');
        await cluster.until('ImagePolicy', 'app', () => cluster.registry.requests.list().length > before);
        standby.lose();
        await standby.stop();
        const policy = await cluster.until('ImagePolicy', 'app', () => true);
        assert.equal(policy.latestRef?.tag, 'v2.17.2');
      });
    });

    it('lets no latestRef go back while two replicas both believe that they lead', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      await cluster.replica('two');
      const seen: string[] = [];
      const watching = new AbortController();
      const watch = watchTags(seen, watching.signal);
      try {
        for (let minor = 1; minor <= 8; minor += 1) {
          cluster.push(`v1.${minor}.0`);
          await requestScan(String(minor));
          await untilTag(`v1.${minor}.0`);
        }
      } finally {
        watching.abort(new Error('enough'));
        await watch;
      }
      assert.deepEqual(seen, seen.toSorted());
      assert.equal(seen.at(-1), 'v1.8.0');
    });

    it('goes back when a person names the tag, stays there, and goes forward when the consent is taken away', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      const replica = await cluster.replica('one');
      await untilTag('v1.1.0');
      await annotate({ 'holdfast.dev/allow-rollback': 'v1.0.0', 'holdfast.dev/rollback-reason': 'crashes' });
      const policy = await untilTag('v1.0.0');
      assert.equal(conditionOf(policy, 'holdfast.dev/Selection')?.reason, 'RollbackConsented');
      await requestScan('again');
      await untilHandled('again');
      await untilTag('v1.0.0');
      const words = 'stays there by annotation holdfast.dev/allow-rollback: crashes';
      const kept = await untilTag('v1.0.0');
      assert.ok(conditionOf(kept, 'holdfast.dev/Selection')?.message.endsWith(words));
      const told = replica.events.filter(({ reason }) => reason === 'RollbackConsented');
      assert.equal(told.length, 1, JSON.stringify(told));
      assert.ok(told[0]?.message.endsWith(words));
      await annotate({ 'holdfast.dev/allow-rollback': null, 'holdfast.dev/rollback-reason': null });
      await untilTag('v1.1.0');
    });

    it('says once what it did, also where the object was labelled meanwhile', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      const replica = await cluster.replica('one');
      await untilTag('v1.1.0');
      cluster.registry.faults.add({
        match: { endpoint: 'manifest' },
        fault: { kind: 'delay', delayMs: 700 },
      });
      const asked = () => cluster.registry.requests.list().length;
      const before = asked();
      await annotate({ 'holdfast.dev/allow-rollback': 'v1.0.0' });
      await cluster.until('ImagePolicy', 'app', () => asked() > before);
      await cluster.patch('ImagePolicy', 'app', { metadata: { labels: { team: 'a' } } });
      await untilTag('v1.0.0');
      await annotate({ 'reconcile.fluxcd.io/requestedAt': 'look' });
      await cluster.until('ImagePolicy', 'app', (status) => status.lastHandledReconcileAt === 'look');
      const told = replica.events.filter(({ reason }) => reason === 'RollbackConsented');
      assert.equal(told.length, 1, JSON.stringify(told));
    });

    it('goes back from a tag that is gone where that is allowed, and says why for as long as it stays there', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      const replica = await cluster.replica('one');
      await untilTag('v1.1.0');
      await annotate({ 'holdfast.dev/on-missing': 'Rollback' });
      cluster.registry.deleteManifest(image, 'v1.1.0');
      await requestScan('gone');
      const why =
        /v1\.1\.0 is gone from the registry; went back to v1\.0\.0 as holdfast\.dev\/on-missing=Rollback allows$/;
      await untilTag('v1.0.0');
      await requestScan('again');
      await untilHandled('again');
      await annotate({ 'reconcile.fluxcd.io/requestedAt': 'look' });
      const policy = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => status.lastHandledReconcileAt === 'look',
      );
      const condition = conditionOf(policy, 'holdfast.dev/Selection');
      assert.equal(condition?.reason, 'RolledBackMissing');
      assert.match(condition?.message ?? '', why);
      const told = replica.events.filter(({ reason }) => reason === 'RolledBackMissing');
      assert.equal(told.length, 1, JSON.stringify(told));
      assert.equal(told[0]?.type, 'Warning');
      assert.match(told[0]?.message ?? '', why);
      assert.match(await replica.exposeMetrics(), /^holdfast_missing_tag_rollbacks_total\{[^}]*\} 1$/m);
      const ledger = await openLedger(join(cluster.folder, 'one.db'), { env: {}, cwd: cluster.folder });
      const recorded = await ledger.findSelection('test/default/app');
      await ledger.close();
      assert.equal(recorded?.selectedBy, 'annotation holdfast.dev/on-missing');
      assert.equal(recorded?.reason, 'v1.1.0 is gone from the registry');
    });

    it('tells what annotations it does not understand, once each, and keeps the reason of what it does', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      const replica = await cluster.replica('one');
      await untilTag('v1.0.0');
      const selectionIs = (reason: string) =>
        cluster.until(
          'ImagePolicy',
          'app',
          (status) => conditionOf(status, 'holdfast.dev/Selection')?.reason === reason,
        );
      await annotate({ 'holdfast.dev/hodl': 'true' });
      await selectionIs('AnnotationInvalid');
      await annotate({ 'holdfast.dev/hold': 'yes' });
      const held = await selectionIs('Held');
      assert.match(
        conditionOf(held, 'holdfast.dev/Selection')?.message ?? '',
        /did you mean holdfast\.dev\/hold\?$/,
      );
      await annotate({ 'holdfast.dev/hold': null });
      await selectionIs('AnnotationInvalid');
      await cluster.patch('ImageRepository', 'app', {
        metadata: { annotations: { 'holdfast.dev/hold': 'true' } },
      });
      await cluster.until(
        'ImageRepository',
        'app',
        (status) => conditionOf(status, 'holdfast.dev/AnnotationInvalid')?.status === 'True',
      );
      await requestScan('again');
      await untilHandled('again');
      await cluster.patch('ImageRepository', 'app', {
        metadata: { annotations: { 'holdfast.dev/hold': null } },
      });
      await cluster.until(
        'ImageRepository',
        'app',
        (status) => conditionOf(status, 'holdfast.dev/AnnotationInvalid') === undefined,
      );
      const unknown = 'annotation holdfast.dev/hodl is not known; did you mean holdfast.dev/hold?';
      assert.deepEqual(
        replica.events
          .filter(({ type }) => type === 'Warning')
          .map(({ reason, message }) => `${reason} ${message}`),
        [
          unknown,
          'annotation holdfast.dev/hold must be true or false, got "yes"',
          'annotation holdfast.dev/hold means nothing on an ImageRepository: write it on an ImagePolicy',
        ].map((message) => `AnnotationInvalid ${message}`),
      );
    });

    it('holds what is selected until the hold is taken away', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      await annotate({ 'holdfast.dev/hold': 'true', 'holdfast.dev/hold-reason': 'freeze' });
      cluster.push('v1.1.0');
      await requestScan('held');
      const held = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => conditionOf(status, 'holdfast.dev/Selection')?.reason === 'Held',
      );
      assert.equal(held.latestRef?.tag, 'v1.0.0');
      await annotate({ 'holdfast.dev/hold': null });
      await untilTag('v1.1.0');
    });

    it('holds what is published, whatever the ledger of the next leader holds', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      const before = await cluster.replica('one');
      await untilTag('v1.1.0');
      await before.stop();
      await copyFile(join(cluster.folder, 'one.db'), join(cluster.folder, 'two.db'));
      const leader = await cluster.replica('two');
      await annotate({ 'holdfast.dev/allow-rollback': 'v1.0.0' });
      await untilTag('v1.0.0');
      await annotate({ 'holdfast.dev/hold': 'true', 'holdfast.dev/allow-rollback': null });
      const isHeld = (status: Status) => conditionOf(status, 'holdfast.dev/Selection')?.reason === 'Held';
      await cluster.until('ImagePolicy', 'app', isHeld);
      await leader.stop();
      await cluster.replica('one');
      await annotate({ 'reconcile.fluxcd.io/requestedAt': 'taken over' });
      const policy = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => status.lastHandledReconcileAt === 'taken over',
      );
      assert.equal(policy.latestRef?.tag, 'v1.0.0');
      assert.ok(isHeld(policy));
    });

    describe('with a minimum age', () => {
      const selection = (is: (message: string, reason: string) => boolean): Promise<Status> =>
        cluster.until('ImagePolicy', 'app', (status) => {
          const { message = '', reason = '' } = conditionOf(status, 'holdfast.dev/Selection') ?? {};
          return is(message, reason);
        });
      const assertCalm = async (
        replica: Awaited<ReturnType<ReflectedCluster['replica']>>,
        status: Status,
      ) => {
        assert.equal(readyOf(status)?.status, 'True');
        assert.equal(readyOf(status)?.message, `Latest image tag for ${imageName()} resolved to v2.2.0`);
        assert.equal(status.latestRef?.tag, 'v2.2.0');
        assert.deepEqual(
          replica.events.filter(({ type }) => type === 'Warning'),
          [],
        );
        assert.match(await replica.exposeMetrics(), /^holdfast_regressions_refused_total\{[^}]*\} 0$/m);
      };

      it('keeps what is selected and too young, and goes to a better tag when that is old enough', async () => {
        cluster.push('v2.1.0', 'v2.2.0');
        await createBoth();
        const replica = await cluster.replica('one');
        await untilTag('v2.2.0');
        await annotate({ 'holdfast.dev/minimum-age': '1h' });
        const kept = await selection((message) => message.includes('it stays, though younger'));
        assert.equal(conditionOf(kept, 'holdfast.dev/Selection')?.reason, 'AwaitingAge');
        await assertCalm(replica, kept);
        cluster.push('v2.3.0');
        await requestScan('better');
        const waiting = await selection((message) =>
          /; v2\.3\.0 waits until \d{4}-.*Z, younger than/.test(message),
        );
        await assertCalm(replica, waiting);
        await annotate({ 'holdfast.dev/minimum-age': '3s' });
        await untilTag('v2.3.0');
      });

      it('keeps what is selected when the ledger was lost, and refuses what is a regression', async () => {
        cluster.push('v2.1.0', 'v2.2.0');
        await createBoth();
        const first = await cluster.replica('one');
        await untilTag('v2.2.0');
        await first.stop();
        await annotate({ 'holdfast.dev/minimum-age': '72h' });
        const replica = await cluster.replica('emptied');
        await assertCalm(replica, await selection((_message, reason) => reason === 'AwaitingAge'));
        cluster.registry.faults.add({
          match: { endpoint: 'tags' },
          fault: { kind: 'forget-tag', tag: 'v2.2.0' },
        });
        await replica.stop();
        await cluster.replica('emptied again');
        const refused = await selection((_message, reason) => reason === 'RegressionRefused');
        assert.match(conditionOf(refused, 'holdfast.dev/Selection')?.message ?? '', /; refused v2\.1\.0, /);
        assert.equal(refused.latestRef?.tag, 'v2.2.0');
        assert.equal(readyOf(refused)?.status, 'True');
      });
    });

    it('goes back under a changed policy', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.1.0');
      await cluster.patch('ImagePolicy', 'app', { spec: { policy: { semver: { range: '1.0.x' } } } });
      const policy = await untilTag('v1.0.0');
      assert.equal(policy.observedGeneration, 2);
    });

    it('does not believe a selection that somebody forged below what it recorded', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.1.0');
      await cluster.patch('ImagePolicy', 'app', {
        status: { latestRef: { name: imageName(), tag: 'v1.0.0' } },
      });
      await untilTag('v1.1.0');
    });

    it('is not stopped by a selection that somebody edited to what its policy cannot select', async () => {
      cluster.push('v1.0.0', 'latest');
      await createBoth();
      await cluster.replica('one');
      for (const tag of ['latest', 'no tag!']) {
        await untilTag('v1.0.0');
        await cluster.patch('ImagePolicy', 'app', { status: { latestRef: { name: imageName(), tag } } });
      }
      await untilTag('v1.0.0');
      cluster.push('v1.1.0');
      await requestScan('after');
      await untilTag('v1.1.0');
    });

    it('says again how it stands where somebody emptied a status', async () => {
      cluster.push('v1.0.0');
      await createBoth({ policy: { semver: { range: '>=2.0.0' } } });
      await cluster.replica('one');
      const isTold = (status: Status) => readyOf(status)?.reason === 'Failure';
      await cluster.until('ImagePolicy', 'app', isTold);
      await cluster.until('ImageRepository', 'app', isReady);
      for (const kind of ['ImageRepository', 'ImagePolicy'] as const) {
        await cluster.patch(kind, 'app', { status: { conditions: null } });
      }
      await cluster.until('ImagePolicy', 'app', isTold);
      await cluster.until('ImageRepository', 'app', isReady);
    });

    it('chooses afresh where a consent outside the policy was withdrawn and the ledger lost', async () => {
      cluster.push('v1.0.0', 'hotfix');
      await createBoth();
      const before = await cluster.replica('one');
      await untilTag('v1.0.0');
      await annotate({ 'holdfast.dev/allow-rollback': 'hotfix' });
      await untilTag('hotfix');
      await before.stop();
      await annotate({ 'holdfast.dev/allow-rollback': null });
      await cluster.replica('empty');
      await untilTag('v1.0.0');
    });

    it('keeps name and tag until a changed image was scanned', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      await cluster.patch('ImageRepository', 'app', {
        spec: { image: `${cluster.registry.host}/team/absent` },
      });
      const failing = await cluster.until(
        'ImageRepository',
        'app',
        (status) => readyOf(status)?.reason === 'ReadOperationFailed',
      );
      const absent = `${cluster.registry.host}/team/absent: the registry knows no such repository; check the spelling`;
      assert.ok(readyOf(failing)?.message.startsWith(`scan failed: ${absent}`), readyOf(failing)?.message);
      await annotate({ 'reconcile.fluxcd.io/requestedAt': 'look' });
      const kept = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => status.lastHandledReconcileAt === 'look',
      );
      assert.deepEqual(kept.latestRef, { name: imageName(), tag: 'v1.0.0' });
      cluster.registry.pushImage({ repository: 'team/other', tag: 'v0.9.0', labels: {} });
      await cluster.patch('ImagePolicy', 'app', { spec: { policy: { semver: { range: '*' } } } });
      const name = `${cluster.registry.host}/team/other`;
      await cluster.patch('ImageRepository', 'app', { spec: { image: name } });
      const policy = await cluster.until('ImagePolicy', 'app', (status) => status.latestRef?.name === name);
      assert.equal(policy.latestRef?.tag, 'v0.9.0');
    });

    it('keeps the tags of two objects of one image apart by their exclusions', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      await cluster.create('ImageRepository', 'narrow', {
        image: imageName(),
        interval: '1h',
        exclusionList: ['1\\.1'],
      });
      await createPolicy('narrow', { imageRepositoryRef: { name: 'narrow' } });
      await cluster.replica('one');
      await untilTag('v1.1.0');
      const narrow = await cluster.until('ImagePolicy', 'narrow', isReady);
      assert.equal(narrow.latestRef?.tag, 'v1.0.0');
    });

    it('publishes what a scan found of an object that was annotated meanwhile, and answers that, too', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      cluster.push('v1.1.0');
      cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: 700 } });
      const lists = () => cluster.registry.requests.list().filter(({ path }) => path.includes('/tags/'));
      const before = lists().length;
      await requestScan('first');
      await cluster.until('ImageRepository', 'app', () => lists().length > before);
      await requestScan('second');
      const published = await cluster.until(
        'ImageRepository',
        'app',
        (status) => status.lastScanResult?.tagCount === 2,
      );
      assert.equal(published.lastHandledReconcileAt, 'first');
      await untilHandled('second');
      assert.equal(lists().length, before + 2);
      await untilTag('v1.1.0');
    });

    it('shows a failed scan until it is over, and answers the request', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      const replica = await cluster.replica('one');
      await untilTag('v1.0.0');
      cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'status', status: 403 } });
      await requestScan('failing');
      const failed = await cluster.until(
        'ImageRepository',
        'app',
        (status) => readyOf(status)?.status === 'False',
      );
      assert.equal(readyOf(failed)?.reason, 'ReadOperationFailed');
      assert.match(readyOf(failed)?.message ?? '', /^scan failed: /);
      assert.equal(conditionOf(failed, 'Reconciling')?.reason, 'ProgressingWithRetry');
      assert.equal(failed.lastHandledReconcileAt, 'failing');
      cluster.registry.faults.clear();
      cluster.push('v1.0.1');
      await untilTag('v1.0.1');
      const warnings = replica.events.filter(({ type }) => type === 'Warning');
      assert.equal(warnings.length, 1, 'one Warning for one trouble, however often it is retried');
    });

    it('asks for few names while it does not believe a list, and says how a person accepts it', async () => {
      cluster.registry.seedTags(image, 500, (number) => `v1.0.${number}`);
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.499');
      cluster.registry.requests.clear();
      cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'empty-tags', as: 'null' } });
      for (const token of ['first', 'second', 'third']) {
        await requestScan(token);
        const { conditions = [] } = await untilHandled(token);
        const message = conditions.find(({ type }) => type === 'Ready')?.message ?? '';
        assert.match(message, /lacks 500 of 500 known tags, yet (19|20) of \1 asked for by name are there/);
        const command =
          'kubectl -n default annotate --overwrite imagerepository/app holdfast.dev/accept-shrunk=0';
        assert.ok(message.endsWith(`: ${command}`), message);
      }
      const asked = cluster.registry.requests.list().filter(({ path }) => path.includes('/manifests/'));
      assert.ok(asked.length <= 20, `${asked.length} names were asked for`);
      assert.equal((await untilTag('v1.0.499')).latestRef?.tag, 'v1.0.499');
      await cluster.patch('ImageRepository', 'app', {
        metadata: { annotations: { 'holdfast.dev/accept-shrunk': '0' } },
      });
      const accepted = await cluster.until(
        'ImageRepository',
        'app',
        (status) => isReady(status) && status.lastScanResult?.tagCount === 0,
      );
      assert.equal(conditionOf(accepted, 'holdfast.dev/AnnotationInvalid'), undefined);
    });

    it('asks once for the tag that a policy lost, until a scan finds other tags', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.1.0');
      cluster.registry.deleteManifest(image, 'v1.1.0');
      await requestScan('gone');
      const refused = (status: Status): boolean =>
        conditionOf(status, 'holdfast.dev/Selection')?.reason === 'RegressionRefused';
      await cluster.until('ImagePolicy', 'app', refused);
      await untilHandled('gone');
      const asked = () => cluster.registry.requests.count({ path: `/${image}/manifests/v1.1.0` });
      const before = asked();
      for (const token of ['a', 'b', 'c']) {
        await annotate({ 'reconcile.fluxcd.io/requestedAt': token });
        await cluster.until('ImagePolicy', 'app', (status) => status.lastHandledReconcileAt === token);
      }
      assert.equal(asked(), before);
      cluster.push('v0.9.0');
      await requestScan('changed');
      await cluster.until('ImageRepository', 'app', ({ lastScanResult }) => lastScanResult?.tagCount === 2);
      await cluster.until('ImagePolicy', 'app', () => asked() > before);
      await annotate({ 'holdfast.dev/on-missing': 'Rollback' });
      await untilTag('v1.0.0');
    });

    it('answers a request while suspended, and scans on resume', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      await cluster.patch('ImageRepository', 'app', { spec: { suspend: true } });
      cluster.push('v1.1.0');
      await requestScan('suspended');
      await untilHandled('suspended');
      assert.equal((await untilTag('v1.0.0')).latestRef?.tag, 'v1.0.0');
      await cluster.patch('ImageRepository', 'app', { spec: { suspend: false } });
      await untilTag('v1.1.0');
    });

    it('reflects digests, each as its policy asks', async () => {
      cluster.push('v1.0.0');
      const old = cluster.registry.pushImage({
        repository: image,
        tag: 'v1.1.0',
        labels: { build: '1' },
      }).digest;
      await createBoth({ digestReflectionPolicy: 'IfNotPresent' });
      await createPolicy('always', { digestReflectionPolicy: 'Always', interval: '1h' });
      await cluster.replica('one');
      assert.equal((await untilTag('v1.1.0')).latestRef?.digest, old);
      await cluster.until('ImagePolicy', 'always', (status) => status.latestRef?.digest === old);
      const moved = cluster.registry.pushImage({
        repository: image,
        tag: 'v1.1.0',
        labels: { build: '2' },
      }).digest;
      await requestScan('moved');
      const always = await cluster.until(
        'ImagePolicy',
        'always',
        (status) => status.latestRef?.digest === moved,
      );
      assert.equal(always.observedPreviousRef?.digest, old);
      assert.equal((await untilTag('v1.1.0')).latestRef?.digest, old);
      await cluster.patch('ImagePolicy', 'app', { spec: { digestReflectionPolicy: 'Never' } });
      const never = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => status.latestRef?.digest === undefined,
      );
      assert.equal(never.observedPreviousRef, undefined);
    });

    it('selects by a template that takes nothing, as Flux does, and says so once in the log', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createPolicy('app', {
        filterTags: { pattern: '^v', extract: '$nope' },
        policy: { alphabetical: { order: 'asc' } },
      });
      const replica = await cluster.replica('one');
      await cluster.until('ImagePolicy', 'app', (status) => readyOf(status)?.status === 'False');
      await cluster.create('ImageRepository', 'app', { image: imageName(), interval: '1h' });
      await untilTag('v1.0.0');
      await requestScan('again');
      await untilHandled('again');
      assert.deepEqual(
        replica.lines.filter((line) => line.includes('filterTags')).map((line) => JSON.parse(line)),
        [
          {
            level: 'warn',
            message:
              'spec.filterTags.extract $nope takes an empty text for nope: the groups of the pattern are 0; it makes one text of every tag, ""',
            controller: 'imagepolicy',
            name: 'app',
            namespace: 'default',
          },
        ],
      );
    });

    const stalled: readonly {
      name: string;
      image?: string;
      policy?: Record<string, unknown>;
      on: 'ImageRepository' | 'ImagePolicy';
      reason: string;
      message: RegExp;
      /** Where the API server looks first, it is not even created. */
      isRuledOut?: boolean;
    }[] = [
      {
        name: 'an image with a scheme',
        image: 'https://ghcr.io/a/b',
        on: 'ImageRepository',
        reason: 'ImageURLInvalid',
        message: /^image 'https:\/\/ghcr\.io\/a\/b' should not include URL scheme; remove 'https:\/\/'$/,
      },
      {
        name: 'an image with a tag',
        image: 'ghcr.io/a/b:1.0',
        on: 'ImageRepository',
        reason: 'ImageURLInvalid',
        message: /^image 'ghcr\.io\/a\/b:1\.0' should not include a tag; remove ':1\.0'$/,
      },
      {
        name: 'a policy of no kind',
        policy: { policy: {} },
        on: 'ImagePolicy',
        reason: 'InvalidPolicy',
        message: /given ImagePolicyChoice object is invalid/,
      },
      {
        name: 'a range that is none',
        policy: { policy: { semver: { range: '*-*' } } },
        on: 'ImagePolicy',
        reason: 'InvalidPolicy',
        message: /^invalid policy: /,
      },
      {
        name: 'a pattern that is none',
        policy: { filterTags: { pattern: '[=' } },
        on: 'ImagePolicy',
        reason: 'InvalidPolicy',
        message: /^failed to filter tags: invalid regular expression pattern '\[=': /,
      },
      {
        name: 'Always without an interval',
        policy: { digestReflectionPolicy: 'Always' },
        on: 'ImagePolicy',
        reason: 'IntervalNotConfigured',
        message: /spec\.interval must be set/,
        isRuledOut: true,
      },
    ];
    for (const { name, on, reason, message, isRuledOut = false, ...given } of stalled) {
      it(`is stalled by ${name}`, async () => {
        await cluster.create('ImageRepository', 'app', { image: given.image ?? imageName(), interval: '1h' });
        const created = createPolicy('app', given.policy ?? {});
        if (isValidating && isRuledOut) return assert.rejects(created, message);
        await created;
        await cluster.replica('one');
        const status = await cluster.until(
          on,
          'app',
          (one) => conditionOf(one, 'Stalled')?.status === 'True',
        );
        assert.equal(conditionOf(status, 'Stalled')?.reason, reason);
        assert.match(readyOf(status)?.message ?? '', message);
        assert.equal(readyOf(status)?.status, 'False');
        assert.equal(status.observedGeneration, 1);
      });
    }

    it('names a secret that is missing, and goes on when it is there', async () => {
      cluster.push('v1.0.0');
      await cluster.create('ImageRepository', 'app', {
        image: imageName(),
        interval: '1h',
        secretRef: { name: 'pull' },
      });
      await cluster.replica('one');
      const failed = await cluster.until(
        'ImageRepository',
        'app',
        (status) => readyOf(status)?.status === 'False',
      );
      assert.equal(readyOf(failed)?.reason, 'AuthenticationFailed');
      assert.match(readyOf(failed)?.message ?? '', /secrets "pull" not found/);
      const data = Buffer.from(JSON.stringify({ auths: {} })).toString('base64');
      await cluster.user.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pull', namespace: 'default' },
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': data },
      });
      await cluster.until('ImageRepository', 'app', isReady);
    });

    it('denies a repository of another namespace that admits nobody', async () => {
      await createPolicy('app', { imageRepositoryRef: { name: 'theirs', namespace: 'other' } });
      await cluster.user.create({
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImageRepository',
        metadata: { name: 'theirs', namespace: 'other' },
        spec: { image: imageName(), interval: '1h' },
      });
      await cluster.replica('one');
      const denied = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => readyOf(status)?.reason === 'AccessDenied',
      );
      assert.match(readyOf(denied)?.message ?? '', /can't be accessed due to missing ACL labels/);
    });

    it('is not ready before a repository was compared, though a policy of its name is deleted meanwhile', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      const before = await cluster.replica('one');
      await untilTag('v1.0.0');
      await before.stop();
      cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: 2000 } });
      const openLists = () =>
        cluster.registry.requests.list().filter(({ path, isOpen }) => isOpen && path.includes('/tags/'));
      const replica = await cluster.replica('empty');
      await cluster.until('ImageRepository', 'app', () => openLists().length > 0);
      await cluster.user.remove('ImagePolicy', { namespace: 'default', name: 'app' });
      await cluster.untilGone('ImagePolicy', 'app');
      await cluster.until('ImageRepository', 'app', () => {
        const notReady = replica.notReady();
        const isComparing = openLists().length > 0;
        if (isComparing) assert.match(notReady ?? 'ready', /being compared/);
        return !isComparing && notReady === undefined;
      });
    });

    it('lets deleted objects go, and puts its finalizer on the others', async () => {
      cluster.push('v1.0.0');
      await createBoth();
      await cluster.replica('one');
      await untilTag('v1.0.0');
      const object = await cluster.user.read('ImagePolicy', { namespace: 'default', name: 'app' });
      assert.deepEqual(object?.metadata['finalizers'], ['finalizers.fluxcd.io']);
      await cluster.user.remove('ImagePolicy', { namespace: 'default', name: 'app' });
      await cluster.untilGone('ImagePolicy', 'app');
    });

    it('writes nothing beside Flux, and says what it would refuse', async () => {
      cluster.push('v1.0.0', 'v1.1.0');
      await createBoth();
      await cluster.patch('ImagePolicy', 'app', {
        status: { latestRef: { name: imageName(), tag: 'v1.1.0' } },
      });
      cluster.registry.faults.add({
        match: { endpoint: 'tags' },
        fault: { kind: 'forget-tag', tag: 'v1.1.0' },
      });
      const replica = await cluster.replica('observer', { observe: true });
      const policy = await cluster.until('ImagePolicy', 'app', () =>
        replica.lines.some((line) => line.includes('would refuse')),
      );
      assert.equal(policy.conditions, undefined);
      assert.equal(policy.latestRef?.tag, 'v1.1.0');
      const object = await cluster.user.read('ImagePolicy', { namespace: 'default', name: 'app' });
      assert.equal(object?.metadata['finalizers'], undefined);
      const shown = await replica.exposeMetrics();
      assert.match(shown, /^holdfast_repository_tags\{.*\} 1$/m, 'it scans by itself');
      assert.doesNotMatch(shown, /^holdfast_(selection|regressions_refused|hold)\w*\{/m);
    });
  });
}

async function watchTags(seen: string[], signal: AbortSignal): Promise<void> {
  const { resourceVersion } = await cluster.watcher.list(imagePolicies, {}, () => undefined);
  try {
    for await (const event of cluster.watcher.watch(imagePolicies, { resourceVersion, signal })) {
      if (event.type === 'bookmark') continue;
      const { latestRef } = event.object['status'] as Status;
      if (latestRef !== undefined) seen.push(latestRef.tag);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function eventsOf(
  replica: Awaited<ReturnType<ReflectedCluster['replica']>>,
  kind: string,
): readonly string[] {
  return replica.events
    .filter(({ object }) => object.kind === kind)
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
}
