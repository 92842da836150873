import { movesOf } from '../ledger/history.ts';
import { imageContents } from '../ledger/image-contents.ts';
import type { LedgerReader, LedgerWriter, Move } from '../ledger/ledger.ts';
import type { Manifest } from '../oci/manifest.ts';
import { platformManifests } from '../oci/manifest.ts';
import { parsePlatform } from '../oci/platform.ts';
import { findBuildTag } from '../pinning/build-tag.ts';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, type Reference } from '../reference/reference.ts';
import type { Tag } from '../reference/tag.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { IndexChild } from './content.ts';
import { noFacts, type SkewFacts } from './decide-skew.ts';
import { askPublished } from './published.ts';
import { groupByReference } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { Published } from './skew-report.ts';

/** Whom to ask besides the snapshot. All may be absent: the verdict then says what it does not know. */
export type SkewSources = {
  readonly registry?: RegistryReader;
  /** Why there is no registry, for the report: `--offline was given`. */
  readonly noRegistry?: string;
  readonly ledger?: LedgerReader & LedgerWriter;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
};

/** Most digests of one reference that are looked up; a tag with more contents is beyond doubt anyway. */
const digestsMax = 12;

/** Most relatives of one digest that are followed in the ledger. */
const relativesMax = 50;

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
  for (const question of questions) {
    const now = published.get(question.key);
    const digests = [...new Set([...question.running, ...(now?.kind === 'digest' ? [now.digest] : [])])];
    if (digests.length < 2) continue;
    await askMoves(question, facts, sources);
    sources.onProgress?.(`comparing what runs as ${question.reference.original}`);
    for (const digest of digests.slice(0, digestsMax)) {
      await askLedger(digest, facts, sources);
      if (now?.kind !== 'unknown') await askRegistry(question, digest, facts, sources);
    }
  }
  return facts.finish();
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

/** Grows while asking; nothing is asked twice. */
class FactBook {
  readonly asked = new Set<Digest>();
  readonly #indexes = new Map<Digest, readonly IndexChild[]>();
  readonly #configs = new Map<Digest, Digest>();
  readonly #siblings = new Map<Digest, readonly Tag[]>();
  readonly #served = new Map<Digest, boolean>();
  readonly #moves = new Map<string, readonly Move[]>();
  readonly #published: ReadonlyMap<string, Published>;

  constructor(published: ReadonlyMap<string, Published>) {
    this.#published = published;
  }

  isKnown(digest: Digest): boolean {
    return this.#indexes.has(digest) || this.#configs.has(digest);
  }

  addIndex(digest: Digest, children: readonly IndexChild[]): void {
    if (children.length > 0) this.#indexes.set(digest, children);
  }

  addConfig(manifest: Digest, config: Digest): void {
    this.#configs.set(manifest, config);
  }

  addServed(digest: Digest, isServed: boolean): void {
    this.#served.set(digest, isServed || this.#served.get(digest) === true);
  }

  addSibling(digest: Digest, tag: Tag): void {
    this.#siblings.set(digest, [...(this.#siblings.get(digest) ?? []), tag]);
  }

  addMoves(key: string, moves: readonly Move[]): void {
    if (moves.length > 0) this.#moves.set(key, moves);
  }

  finish(): SkewFacts {
    return {
      ...noFacts,
      indexes: this.#indexes,
      configs: this.#configs,
      siblings: this.#siblings,
      served: this.#served,
      moves: this.#moves,
      published: this.#published,
    };
  }
}

async function askMoves(
  { key, reference }: Question,
  facts: FactBook,
  { ledger }: SkewSources,
): Promise<void> {
  const tag = effectiveTag(reference);
  if (ledger === undefined || tag === undefined) return;
  const { repository } = reference;
  facts.addMoves(key, movesOf({ repository, tag }, await ledger.listObservations(repository, tag)));
}

/** What was learnt when somebody fetched the index: it may be gone from the registry since. */
async function askLedger(digest: Digest, facts: FactBook, { ledger, signal }: SkewSources): Promise<void> {
  if (ledger === undefined || facts.isKnown(digest)) return;
  signal?.throwIfAborted();
  const related = await ledger.findRelated(digest);
  await takeParts(digest, related, facts);
  for (const holder of related.filter(({ relation }) => relation === 'holder').slice(0, relativesMax)) {
    await takeParts(holder.digest, await ledger.findRelated(holder.digest), facts);
  }
}

async function takeParts(
  digest: Digest,
  related: Awaited<ReturnType<LedgerReader['findRelated']>>,
  facts: FactBook,
): Promise<void> {
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

async function askRegistry(
  { reference }: Question,
  digest: Digest,
  facts: FactBook,
  { registry, ledger, signal }: SkewSources,
): Promise<void> {
  if (registry === undefined || facts.asked.has(digest)) return;
  facts.asked.add(digest);
  const options = signal === undefined ? {} : { signal };
  try {
    const fetched = await registry.getManifest(reference.repository, digest, options);
    facts.addServed(digest, fetched !== undefined);
    if (fetched === undefined) return;
    takeManifest(digest, fetched.manifest, facts);
    await ledger?.recordIndex(imageContents(digest, fetched.manifest));
    await askSibling(reference, digest, facts, registry, signal);
  } catch {
    // Not served and not known: the report then says that it could not be compared.
    signal?.throwIfAborted();
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

async function askSibling(
  reference: Reference,
  digest: Digest,
  facts: FactBook,
  registry: RegistryReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tag = effectiveTag(reference);
  if (tag === undefined) return;
  const asking = signal === undefined ? { registry } : { registry, signal };
  const found = await findBuildTag(asking, { repository: reference.repository, tag }, digest);
  if (found.tag !== undefined) facts.addSibling(digest, found.tag);
}
