import { type PolicyWishes, policyAnnotations } from '../api/annotations.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import type { ImageRepository, ImageRepositorySpec } from '../api/image-repository.ts';
import { describeError } from '../errors.ts';
import type { Selection } from '../ledger/selection.ts';
import type { Presence } from '../policy/guard.ts';
import type { Digest } from '../reference/digest.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';
import {
  decidePolicy,
  type ObservedScan,
  type PolicyDecision,
  type PublishedSelection,
  type RecordReason,
} from '../reflect/decide-policy.ts';
import type { Offer } from '../reflect/offer-tag.ts';
import type { ReflectedImage } from '../reflect/reflected-image.ts';
import { publishedPolicy } from '../reflect/selection-condition.ts';
import type { ReflectedPolicy } from '../reflect/selection-policy.ts';
import type { ListKey } from '../reflect/tag-list.ts';
import type { TagSummary } from '../reflect/tag-revision.ts';
import { withTimeLimit } from '../timing.ts';
import { viewOf, wantedOf } from './list-view.ts';
import type { LostTags } from './lost-tags.ts';
import { openObjectRegistry } from './object-registry.ts';
import { keyOf } from './object-store.ts';
import { findRecordedSelection, selectionNameOf } from './recorded-selection.ts';
import type { Term } from './reflector.ts';

/** Rounds of asking the registry by name: for what is held, and for what a consent names. */
const asksMax = 3;

/** One ImagePolicy and all it depends on, understood. */
export type Candidacy = {
  readonly policy: ImagePolicy;
  readonly repository: ImageRepository;
  readonly repositorySpec: ImageRepositorySpec;
  readonly image: ReflectedImage;
  readonly listKey: ListKey;
  readonly reflected: ReflectedPolicy;
  readonly wishes: PolicyWishes;
  readonly lostTags: LostTags;
  readonly signal: AbortSignal;
};

export type Election = {
  readonly decision: PolicyDecision;
  readonly offer: Offer;
  /** Fingerprint of the policy as it is now. */
  readonly fingerprint: string;
  /** What the ledger held when this was decided. */
  readonly recorded: Selection | undefined;
  /** What stays or becomes selected; absent where nothing ever was. */
  readonly selected: { readonly tag: Tag; readonly policy: string } | undefined;
};

/** Observes and decides, asking the registry by name where the guard wants it. Changes nothing. */
export async function electTag(term: Term, candidacy: Candidacy): Promise<Election> {
  const { policy, repository, repositorySpec: spec, listKey, image, reflected, wishes } = candidacy;
  const now = term.clock.now();
  const wanted = wantedOf(policy, reflected, { spec, image });
  const { fingerprint } = wanted;
  const offer = await term.lists.offer(viewOf(term.policies, { repository, spec, listKey, image }), wanted);
  const recorded = await findRecordedSelection(term, policy, image.repository);
  const published = findPublished(policy);
  const asked = new Map<string, Exclude<Presence, 'not-asked'>>();
  const decide = (): PolicyDecision =>
    decidePolicy({
      now,
      policy: fingerprint,
      ranking: reflected.ranking,
      published,
      recorded,
      scan: observeScan(term, candidacy, offer.summary),
      offered: offer.offered,
      waiting: offer.waiting,
      asked,
      hold: wishes.hold,
      consent: wishes.consent,
      onMissing: wishes.onMissing,
    });
  let decision = decide();
  for (let asks = 0; decision.verdict.kind === 'ask' && asks < asksMax; asks += 1) {
    const { tag } = decision.verdict;
    const isKnownLost = isLost(term, candidacy, tag, offer.summary);
    asked.set(tag, isKnownLost ? 'absent' : await askAnew(term, candidacy, tag, offer.summary));
    decision = decide();
    if (!isKnownLost || decision.verdict.kind === 'refuse') continue;
    // What is remembered is good enough to stay, and not to move.
    asked.set(tag, await askAnew(term, candidacy, tag, offer.summary));
    decision = decide();
  }
  const selected = selectedBy(decision, published, fingerprint);
  return { decision, offer, fingerprint, recorded, selected };
}

/** A status that somebody edited to what cannot be a tag says nothing. */
function findPublished({ status }: ImagePolicy): PublishedSelection | undefined {
  const tag = tryParseTag(status.latestRef?.tag ?? '');
  return tag && { tag, policy: publishedPolicy(status.conditions, tag) };
}

/** What is published stays unless the decision publishes something else, whatever the ledger alone holds. */
function selectedBy(
  { verdict, held, actions }: PolicyDecision,
  published: PublishedSelection | undefined,
  fingerprint: string,
): Election['selected'] {
  const written = actions.find((action) => action.kind === 'publish' || action.kind === 'record');
  const stays = published === undefined || published.tag === held?.tag ? held : published;
  const to = written?.to ?? (stays && { tag: stays.tag, policy: stays.policy ?? fingerprint });
  const tag = to && tryParseTag(to.tag);
  return tag === undefined || to === undefined || verdict.kind === 'ask'
    ? undefined
    : { tag, policy: to.policy };
}

/**
 * What the tags are worth. They are those of the last whole scan, provided that the repository's status was
 * published with the image and exclusions it has now.
 */
function observeScan(
  term: Term,
  { repository, repositorySpec, image }: Candidacy,
  summary: TagSummary,
): ObservedScan {
  const { revision } = summary;
  const { lastScanResult, canonicalImageName, observedExclusionList } = repository.status;
  if (term.options.observe) {
    // Flux publishes its own scans; ours are known to the ledger alone, which keeps whole ones only.
    const kind = summary.tagCount === 0 ? 'none' : 'complete';
    return { kind, startedAt: undefined, revision, publishedRevision: undefined };
  }
  const isOfThisSpec =
    canonicalImageName === image.canonicalName &&
    isSameSet(observedExclusionList ?? [], repositorySpec.exclusionList);
  const startedAt = Date.parse(lastScanResult?.scanTime ?? '');
  return {
    kind: lastScanResult?.revision !== undefined && isOfThisSpec ? 'complete' : 'none',
    startedAt: Number.isNaN(startedAt) ? undefined : startedAt,
    revision,
    publishedRevision: lastScanResult?.revision,
  };
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text) => other.includes(text));
}

/** Whether the registry said so lately, while the list was as it is: at most one interval ago. */
function isLost(term: Term, candidacy: Candidacy, tag: string, { revision }: TagSummary): boolean {
  const { policy, image, repositorySpec, lostTags } = candidacy;
  const question = { image: image.canonicalName, tag, revision };
  const now = term.clock.now();
  return lostTags.isKnownLost(keyOf(policy), { ...question, now, forMs: repositorySpec.intervalMs });
}

async function askAnew(
  term: Term,
  candidacy: Candidacy,
  tag: string,
  { revision }: TagSummary,
): Promise<Exclude<Presence, 'not-asked'>> {
  const { policy, image, lostTags } = candidacy;
  const presence = await askFor(term, candidacy, tag);
  const lost = { image: image.canonicalName, tag, revision, askedAt: term.clock.now() };
  if (presence === 'absent') lostTags.remember(keyOf(policy), lost);
  else lostTags.forget(keyOf(policy));
  return presence;
}

async function askFor(
  term: Term,
  candidacy: Candidacy,
  text: string,
): Promise<Exclude<Presence, 'not-asked'>> {
  const tag = tryParseTag(text);
  if (tag === undefined) return 'absent';
  try {
    const digest = await digestOf(term, candidacy, tag);
    return digest === undefined ? 'absent' : 'present';
  } catch (error) {
    candidacy.signal.throwIfAborted();
    term.log.write('warn', `cannot ask for ${text}: ${describeError(error)}`, {
      controller: 'imagepolicy',
      name: candidacy.policy.meta.name,
      namespace: candidacy.policy.meta.namespace,
    });
    return 'unknown';
  }
}

/** What a tag points to now; undefined where the registry has no such tag. */
export async function digestOf(term: Term, candidacy: Candidacy, tag: Tag): Promise<Digest | undefined> {
  const { repositorySpec, repository, image } = candidacy;
  const limit = { ms: repositorySpec.timeoutMs, signal: candidacy.signal };
  return withTimeLimit(term.timing, limit, async (signal) => {
    const subject = { repository, spec: repositorySpec, image };
    const { reader } = await openObjectRegistry(term, subject, { purpose: 'digest', signal });
    const head = await reader.headManifest(image.repository, tag, { signal });
    return head?.digest;
  });
}

/** Compare and set in the ledger. False where somebody else was first: everything is to be observed anew. */
export async function recordElection(
  term: Term,
  { policy, image }: Candidacy,
  { decision, recorded }: Election,
  digest: Digest | undefined,
): Promise<boolean> {
  const action = decision.actions.find((one) => one.kind === 'record');
  const tag = action && tryParseTag(action.to.tag);
  if (action === undefined || tag === undefined) return true;
  const next = {
    name: selectionNameOf(term, policy),
    repository: image.repository,
    tag,
    digest,
    policy: action.to.policy,
    selectedAt: term.clock.now(),
    ...chosenBy(decision, action.because),
  };
  const outcome = await term.ledger.advanceSelection(recorded, next, term.fenceOf(policy));
  return outcome.kind === 'advanced';
}

/** Who chose, and why, where it is not the policy alone. */
function chosenBy(
  { verdict, held }: PolicyDecision,
  because: RecordReason,
): Pick<Selection, 'selectedBy' | 'reason'> {
  if (verdict.kind === 'consent') {
    return { selectedBy: verdict.consent.by, reason: verdict.consent.reason };
  }
  if (verdict.kind === 'advance' && verdict.because === 'held-tag-gone') {
    return { selectedBy: onMissingBy, reason: `${held?.tag} is gone from the registry` };
  }
  return { selectedBy: `policy (${because})`, reason: undefined };
}

const onMissingBy = `annotation ${policyAnnotations.onMissing}`;

/** Why the tag that is selected was gone back to, where the one before it was missing; the ledger remembers. */
export function rolledBackBecause({ decision, recorded, selected }: Election): string | undefined {
  const { verdict } = decision;
  if (verdict.kind === 'advance') return chosenBy(decision, 'advance').reason;
  return recorded?.tag === selected?.tag && recorded?.selectedBy === onMissingBy
    ? recorded.reason
    : undefined;
}
