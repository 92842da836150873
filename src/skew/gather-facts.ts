import type { EpochMs } from '../clock.ts';
import { describeError } from '../errors.ts';
import { movesOf } from '../ledger/history.ts';
import { type ImageContents, imageContents } from '../ledger/image-contents.ts';
import type { LedgerReader, LedgerWriter, RelatedDigest } from '../ledger/ledger.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import type { Manifest } from '../oci/manifest.ts';
import { platformManifests } from '../oci/manifest.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, type Reference, sayOf } from '../reference/reference.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import { askSibling, askSiblingInLedger } from './build-sibling.ts';
import { FactBook } from './fact-book.ts';
import { askPublished } from './published.ts';
import { groupByReference } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { SkewFacts } from './skew-facts.ts';
import type { Published } from './skew-report.ts';

/** Whom to ask besides the snapshot. All may be absent: the verdict then says what it does not know. */
export type SkewSources = {
  readonly registry?: RegistryReader;
  /** Why there is no registry, for the report: `--offline was given`. */
  readonly noRegistry?: string;
  /** The time at which the registry is asked, for the ledger; absent: its answers are not recorded. */
  readonly askedAt?: EpochMs;
  readonly ledger?: SkewLedger;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
};

/** What `skew` asks of a ledger. */
export type SkewLedger = LedgerReader & LedgerWriter & Pick<ScanLedger, 'listTags'>;

/** Most digests of one reference that are looked up; a tag with more contents is beyond doubt anyway. */
const digestsMax = 12;

/** Most relatives of one digest that are followed in the ledger. */
const relativesMax = 50;

/** Tags looked into at once: a registry's own limit is below. */
const atOnce = 4;

/** A tag that runs, and the digests its pods report. */
type Question = { readonly key: string; readonly reference: Reference; readonly running: readonly Digest[] };

/**
 * What registry and ledger know that bears on these containers: what each tag names now, and how digests that
 * differ under one tag hang together. Nothing here fails: what cannot be asked stays unknown.
 */
export async function gatherFacts(
  running: readonly RunningContainer[],
  sources: SkewSources,
): Promise<SkewFacts> {
  const questions = groupByReference(running).flatMap(questionOf);
  const published = await publishedFor(questions, sources);
  const facts = new FactBook(published);
  const waiting = [...questions];
  const askNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await askAbout(next, facts, sources);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askNext));
  return facts.finish();
}

/** Only where digests differ is there anything to relate. */
async function askAbout(question: Question, facts: FactBook, sources: SkewSources): Promise<void> {
  const now = facts.published.get(question.key);
  const digests = [...new Set([...question.running, ...(now?.kind === 'digest' ? [now.digest] : [])])];
  if (digests.length < 2) return;
  sources.onProgress?.(`comparing what runs as ${question.reference.original}`);
  const asked = digests.slice(0, digestsMax);
  await withLedger(facts, sources, async (ledger) => {
    await askMoves(question, facts, ledger);
    for (const digest of asked) await askLedger(question, digest, facts, ledger);
  });
  if (now?.kind === 'unknown') return;
  for (const digest of asked) {
    const fetched = await askRegistry(question, digest, facts, sources);
    if (fetched !== undefined) await withLedger(facts, sources, (ledger) => ledger.recordIndex(fetched));
  }
}

/** A ledger that fails is told as a problem, and the verdict goes on without it. */
async function withLedger(
  facts: FactBook,
  { ledger, signal }: SkewSources,
  work: (ledger: SkewLedger) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  if (ledger === undefined || facts.hasProblem('LEDGER_FAILED')) return;
  try {
    await work(ledger);
  } catch (error) {
    signal?.throwIfAborted();
    facts.addProblem({ code: 'LEDGER_FAILED', message: `the ledger was not used: ${describeError(error)}` });
  }
}

function questionOf({ key, containers }: ReturnType<typeof groupByReference>[number]): readonly Question[] {
  const reference = containers[0]?.reference;
  if (reference === undefined || reference.digest !== undefined) return [];
  const digests = containers.flatMap(({ content }) => (content.kind === 'known' ? [content.digest] : []));
  return digests.length === 0 ? [] : [{ key, reference, running: [...new Set(digests)].sort() }];
}

async function publishedFor(
  questions: readonly Question[],
  sources: SkewSources,
): Promise<ReadonlyMap<string, Published>> {
  if (sources.registry !== undefined) return askPublished(questions, sources.registry, sources);
  const reason = sources.noRegistry ?? 'the registry was not asked';
  return new Map(questions.map(({ key }) => [key, { kind: 'unknown', reason }]));
}

async function askMoves({ key, reference }: Question, facts: FactBook, ledger: LedgerReader): Promise<void> {
  const tag = effectiveTag(reference);
  if (tag === undefined) return;
  const { repository } = reference;
  facts.addMoves(key, movesOf({ repository, tag }, await ledger.listObservations(repository, tag)));
}

/** What was learnt when somebody fetched the index: it may be gone from the registry since. */
async function askLedger(
  { reference, running }: Question,
  digest: Digest,
  facts: FactBook,
  ledger: SkewLedger,
): Promise<void> {
  if (running.length > 1) await askSiblingInLedger(reference, digest, facts, ledger);
  if (facts.isKnown(digest)) return;
  const related = await ledger.findRelated(digest);
  takeParts(digest, related, facts);
  for (const holder of related.filter(({ relation }) => relation === 'holder').slice(0, relativesMax)) {
    takeParts(holder.digest, await ledger.findRelated(holder.digest), facts);
  }
}

function takeParts(digest: Digest, related: readonly RelatedDigest[], facts: FactBook): void {
  const parts = related.filter(({ relation }) => relation === 'part');
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && only.platform === undefined) {
    facts.addConfig(digest, only.digest);
    return;
  }
  facts.addIndex(
    digest,
    parts.map((part) => ({
      digest: part.digest,
      platform: part.platform === undefined ? undefined : parsePlatform(part.platform),
    })),
  );
}

/** What the digest holds, where the registry serves it. */
async function askRegistry(
  { reference, running }: Question,
  digest: Digest,
  facts: FactBook,
  { registry, signal }: SkewSources,
): Promise<ImageContents | undefined> {
  if (registry === undefined || !facts.isFirst(reference.repository, digest)) return undefined;
  const options = signal === undefined ? {} : { signal };
  try {
    const fetched = await registry.getManifest(reference.repository, digest, options);
    facts.addServed(reference.repository, digest, fetched !== undefined);
    if (fetched === undefined) return undefined;
    takeManifest(digest, fetched.manifest, facts);
    if (running.length > 1) await askSibling(reference, digest, facts, { registry, ...options });
    return imageContents(digest, fetched.manifest);
  } catch (error) {
    signal?.throwIfAborted();
    facts.addProblem({
      code: 'DIGEST_NOT_COMPARED',
      message: `${sayOf(reference, describeError(error))} (looking up ${digest})`,
    });
    return undefined;
  }
}

function takeManifest(digest: Digest, manifest: Manifest, facts: FactBook): void {
  if (manifest.kind === 'manifest') facts.addConfig(digest, manifest.config.digest);
  if (manifest.kind !== 'index') return;
  const children = platformManifests(manifest);
  facts.addIndex(
    digest,
    children.map((child) => ({ digest: child.digest, platform: child.platform })),
  );
}
