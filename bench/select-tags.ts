/**
 * What `bench/select.ts` measures as a process: makes tags, selects one, prints seconds of CPU. `COUNT` `ORDER`, or `store`:
 * from a ledger as the controller does it, a policy that is new and one that follows a scan with one new tag.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { scanRepository } from '../src/ledger/scan.ts';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import type { TagLister } from '../src/ledger/tag-lister.ts';
import { makeSelector, type SelectionPolicy } from '../src/policy/select.ts';
import { makeKnownLists } from '../src/reflect/known-lists.ts';

const semver: SelectionPolicy = { order: { kind: 'semver', range: '>=1.0.0' } };

const policies: Readonly<Record<string, SelectionPolicy>> = {
  semver,
  numerical: { order: { kind: 'numerical', order: 'asc' } },
  alphabetical: { order: { kind: 'alphabetical', order: 'asc' } },
  calver: { order: { kind: 'calver', format: 'YYYY.MM.MICRO' } },
  filter: {
    order: { kind: 'numerical', order: 'asc' },
    filter: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '$ts' },
  },
};

/** Tags at a time, as pages come: the rest is not in memory. */
const pageSize = 10_000;

const count = Number(process.argv[2]);
const order = process.argv[3] ?? '';
if (!(count > 0)) throw new Error('usage: select-tags.ts COUNT ORDER|store');
process.stdout.write(JSON.stringify(order === 'store' ? await selectFromStore() : selectFromPages()));

function selectFromPages(): unknown {
  const policy = policies[order];
  if (policy === undefined)
    throw new Error(`no order ${order}; there are: ${Object.keys(policies).join(', ')}`);
  let seconds = 0;
  const selector = makeSelector(policy, { now: 0 });
  for (let start = 0; start < count; start += pageSize) {
    const page = Array.from({ length: Math.min(pageSize, count - start) }, (_, at) =>
      tagOf(start + at, order),
    );
    const startedAt = cpuSeconds();
    for (const tag of page) selector.offer(tag);
    seconds += cpuSeconds() - startedAt;
  }
  return { seconds, selected: selector.outcome().selected?.tag };
}

async function selectFromStore(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-select-'));
  const ledger = new SqliteLedger(join(folder, 'ledger.db'));
  try {
    const key = { registry: 'registry.test', path: 'bench/app', isShared: true };
    const wanted = { name: 'bench/app', fingerprint: 'semver', policy: semver };
    const view = { key, exclusionList: ['^.*\\.sig$'], policies: () => [wanted] };
    const scan = async (more: readonly string[]) =>
      scanRepository({ lister: listerOf(more), ledger, clock: systemClock }, key, { digests: 'none' });
    await scan([]);
    const lists = makeKnownLists(ledger, systemClock);
    const newAt = cpuSeconds();
    await lists.offer(view, wanted);
    const seconds = cpuSeconds() - newAt;
    const { change } = await scan(['v2.0.0']);
    const changedAt = cpuSeconds();
    await lists.learn(key, change);
    const { offered } = await lists.offer(view, wanted);
    return { seconds, changedSeconds: cpuSeconds() - changedAt, selected: offered?.tag };
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

/** User and system time, of all threads: what else the machine does is not in it. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Registries that sort give the pages so; they are made here one by one all the same. */
function listerOf(more: readonly string[]): TagLister {
  const tags = [...Array.from({ length: count }, (_, at) => tagOf(at, order)), ...more].sort();
  return {
    async *listTagPages() {
      for (let start = 0; start < tags.length; start += pageSize) {
        const page = tags.slice(start, start + pageSize);
        yield { fingerprint: createHash('sha256').update(page.join()).digest('hex'), readTags: () => page };
      }
    },
    headManifest: async () => undefined,
    getManifest: async () => undefined,
  };
}

/** Numbers, months, or a list where one tag in ten is a version and the others are builds of a branch. */
function tagOf(at: number, kind: string): string {
  if (kind === 'numerical') return String(1_600_000_000 + at);
  if (kind === 'calver') return `${2000 + (at % 25)}.${1 + (at % 12)}.${at}`;
  if (at % 10 === 0) return `v1.${at % 100}.${at}`;
  return `main-${(Math.imul(at, 2_654_435_761) >>> 0).toString(16)}-${1_600_000_000 + at}`;
}
