import { parsePolicyWishes, policyAnnotations } from '../api/annotations.ts';
import { conditionTypes, findCondition } from '../api/conditions.ts';
import type { ImagePolicy, ImagePolicySpec, ImageRef } from '../api/image-policy.ts';
import { FieldError } from '../api/read-fields.ts';
import { reasons } from '../api/reasons.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';
import { describeError } from '../errors.ts';
import type { GuardOutcome } from '../policy/guard.ts';
import { type Digest, tryParseDigest } from '../reference/digest.ts';
import { tryParseTag } from '../reference/tag.ts';
import { decideDigest, previousRef } from '../reflect/digest-reflection.ts';
import { describeNoMatch } from '../reflect/nothing-selected.ts';
import { findGateProblem } from '../reflect/object-identity.ts';
import { selectionMessage } from '../reflect/ready-message.ts';
import { parseReflectedImage } from '../reflect/reflected-image.ts';
import { selectionCondition } from '../reflect/selection-condition.ts';
import { reflectPolicy } from '../reflect/selection-policy.ts';
import { listKeyOf } from '../reflect/tag-list.ts';
import { announceSelection, announceStepBack, selectedSince } from './announce-selection.ts';
import {
  type Candidacy,
  digestOf,
  type Election,
  electTag,
  recordElection,
  rolledBackBecause,
} from './elect-tag.ts';
import { explainNothing, noTags, nothingMatches } from './explain-nothing.ts';
import { type LostTags, makeLostTags } from './lost-tags.ts';
import { announceMovedTag, findMovedTag } from './moved-tag.ts';
import { findRepositoryOf } from './policy-access.ts';
import { fail, report, stall, suspend, waitFor } from './policy-report.ts';
import type { Term } from './reflector.ts';
import type { Additions } from './report.ts';
import { tellTemplateDoubt } from './template-doubt.ts';
import type { RunOutcome } from './work-queue.ts';
import { ensureFinalizer, isHeld, removeFinalizer } from './write-object.ts';

/** Times everything is observed anew because somebody else wrote the ledger first. */
const overtakenMax = 3;

/** Reconciles one ImagePolicy: `run` of a work queue. */
export function makePolicyReconciler(term: Term): (key: string, signal: AbortSignal) => Promise<RunOutcome> {
  const lostTags = makeLostTags();
  return async (key, signal) => {
    const known = term.policies.get(key);
    if (known === undefined) {
      term.lists.forgetPolicy(key);
      lostTags.forget(key);
      return { kind: 'done' };
    }
    if (known.meta.isBeingDeleted) {
      term.lists.forgetPolicy(key);
      lostTags.forget(key);
      await removeFinalizer(term, known);
      const held = term.policies.get(key);
      return held !== undefined && isHeld(held) ? suspend(term, held) : { kind: 'done' };
    }
    const policy = await ensureFinalizer(term, known);
    const { spec } = policy;
    if (spec instanceof FieldError) {
      return stall(term, policy, {
        reason: reasons.invalidPolicy,
        message: `invalid policy: ${spec.message}`,
      });
    }
    if (spec.suspend) return suspend(term, policy);
    tellTemplateDoubt(term, policy, spec);
    return reconcile(term, policy, { spec, lostTags, signal });
  };
}

async function reconcile(
  term: Term,
  policy: ImagePolicy,
  {
    spec,
    lostTags,
    signal,
  }: { readonly spec: ImagePolicySpec; readonly lostTags: LostTags; readonly signal: AbortSignal },
): Promise<RunOutcome> {
  const repository = await findRepositoryOf(term, policy, spec, signal);
  if ('reason' in repository) return waitFor(term, policy, repository);
  const repositorySpec = repository.spec;
  if (repositorySpec instanceof FieldError) {
    return stall(term, policy, { reason: reasons.imageUrlInvalid, message: repositorySpec.message });
  }
  const image = parseReflectedImage(repositorySpec.image);
  if ('problem' in image) {
    return stall(term, policy, { reason: reasons.imageUrlInvalid, message: image.problem });
  }
  const gated = findGateProblem(repositorySpec, term.options.hasObjectIdentity, 'ImagePolicy');
  if (gated !== undefined) {
    return stall(term, policy, { reason: reasons.featureGateDisabled, message: gated });
  }
  const reflected = reflectPolicy(spec);
  if ('problem' in reflected) {
    return stall(term, policy, { reason: reflected.reason, message: reflected.problem });
  }
  const listKey = listKeyOf(image.repository, repositorySpec, repository.meta);
  const wishes = parseWishes(policy);
  const candidacy: Candidacy = {
    policy,
    repository,
    repositorySpec,
    image,
    listKey,
    reflected,
    wishes,
    lostTags,
    signal,
  };
  for (let attempt = 0; attempt < overtakenMax; attempt += 1) {
    const outcome = await elect(term, candidacy, spec);
    if (outcome !== undefined) return outcome;
  }
  return { kind: 'failed', error: new Error('the ledger was written by others, again and again') };
}

/** Undefined where somebody else wrote the ledger first. */
async function elect(
  term: Term,
  candidacy: Candidacy,
  spec: ImagePolicySpec,
): Promise<RunOutcome | undefined> {
  const { policy, repository } = candidacy;
  const election = await electTag(term, candidacy);
  const { decision, selected } = election;
  if (term.options.observe) announceStepBack(term, candidacy, election);
  // One that fails is tried again by itself, after a back-off that is not to be cut short.
  const isFailing = findCondition(repository.status.conditions, conditionTypes.ready)?.status === 'False';
  if (!isFailing && decision.actions.some(({ kind }) => kind === 'scan')) {
    term.wakeRepository(formatNamespacedName(repository.meta));
  }
  if (selected === undefined) return explainNothing(term, candidacy, election);
  const published = policy.status.latestRef;
  const isOfNow = moves(decision.verdict) || isSame(decision.verdict) || published?.tag !== selected.tag;
  // What is kept for want of a scan keeps its name too: the spec may name another image by now.
  const named = { name: isOfNow ? candidacy.repositorySpec.image : published.name, tag: selected.tag };
  let digest: string | undefined;
  try {
    digest = isOfNow ? await reflectDigest(term, candidacy, { spec, published, named }) : published.digest;
  } catch (error) {
    candidacy.signal.throwIfAborted();
    const message = `failed fetching digest of ${named.name}:${named.tag}: ${describeError(error)}`;
    return fail(term, policy, { reason: reasons.failed, message }, error);
  }
  if (!term.mayWrite(policy)) return { kind: 'failed', error: new Error('no longer ours') };
  if (
    !(await recordElection(
      term,
      candidacy,
      election,
      digest === undefined ? undefined : tryParseDigest(digest),
    ))
  ) {
    return undefined;
  }
  const latestRef: ImageRef = digest === undefined ? named : { ...named, digest };
  await publish(term, candidacy, { election, latestRef, tag: selected });
  return { kind: 'again', afterMs: nextLookMs(term, spec, election) };
}

async function publish(
  term: Term,
  { policy, wishes, listKey }: Candidacy,
  {
    election,
    latestRef,
    tag,
  }: {
    readonly election: Election;
    readonly latestRef: ImageRef;
    readonly tag: NonNullable<Election['selected']>;
  },
): Promise<void> {
  const { decision, offer } = election;
  const observedPreviousRef = previousRef(
    policy.status.latestRef,
    latestRef,
    policy.status.observedPreviousRef,
  );
  const condition = selectionCondition({
    ...tag,
    verdict: decision.verdict,
    revision: offer.summary.revision,
    rolledBack: rolledBackBecause(election),
    consent: wishes.consent,
    unmatched: describeNoMatch(offer),
    problems: wishes.problems,
  });
  const moved = await findMovedTag(term, listKey, {
    tag: tag.tag,
    selectedAt: selectedSince(term, election, latestRef),
  });
  const additions: Additions =
    moved === undefined
      ? { set: [condition], remove: [conditionTypes.tagMoved] }
      : { set: [condition, moved] };
  const fields = { latestRef, observedPreviousRef };
  const isUnmatched = (offer.offered ?? offer.waiting) === undefined && looksForOthers(decision.verdict);
  if (isUnmatched) {
    const problem =
      offer.summary.tagCount === 0
        ? noTags(term)
        : { reason: reasons.failure, message: nothingMatches(election) };
    await report(term, policy, { kind: 'failed', ...problem }, fields, additions);
  } else {
    const message = selectionMessage(latestRef, observedPreviousRef);
    await report(term, policy, { kind: 'ready', message }, fields, additions);
  }
  // Not before it is written: a lost race would say it twice.
  announceSelection(term, policy, { condition, election, latestRef, wishes });
  if (moved !== undefined) announceMovedTag(term, policy, moved);
}

type DigestQuestion = {
  readonly spec: ImagePolicySpec;
  readonly published: ImageRef | undefined;
  readonly named: Pick<ImageRef, 'name'> & { readonly tag: NonNullable<Election['selected']>['tag'] };
};

/** @throws RegistryError, ReflectError; Error where the tag is not there */
async function reflectDigest(
  term: Term,
  candidacy: Candidacy,
  { spec, published, named }: DigestQuestion,
): Promise<string | undefined> {
  const decision = decideDigest(spec, published, named);
  if (decision.kind === 'none') return undefined;
  if (decision.kind === 'keep') return decision.digest;
  const digest: Digest | undefined = await digestOf(term, candidacy, named.tag);
  if (digest === undefined) throw new Error('the registry has no such tag');
  return digest;
}

/** Until something changes by itself: a digest to refresh, a hold that ends, a tag that comes of age. */
function nextLookMs(term: Term, spec: ImagePolicySpec, { decision, offer }: Election): number {
  const now = term.clock.now();
  const times = [
    // An interval of nothing is none, in Flux too.
    spec.digestReflectionPolicy === 'Always' ? spec.intervalMs || undefined : undefined,
    decision.verdict.kind === 'hold' && decision.verdict.hold.expiresAt !== undefined
      ? decision.verdict.hold.expiresAt - now
      : undefined,
    offer.ripeAt === undefined ? undefined : offer.ripeAt - now,
    // What was refused is asked about again: a registry that forgot a tag may remember it.
    decision.verdict.kind === 'refuse' ? refusedAgainMs : undefined,
  ].filter((ms) => ms !== undefined);
  return times.length === 0 ? dayMs : Math.max(1000, Math.min(...times));
}

const refusedAgainMs = 300_000;
const dayMs = 86_400_000;

function moves({ kind }: GuardOutcome): boolean {
  return kind === 'advance' || kind === 'consent';
}

/** What is selected stays only because the tags have nothing better, or nothing at all. */
function looksForOthers(verdict: GuardOutcome): boolean {
  return verdict.kind === 'refuse' || (verdict.kind === 'keep' && verdict.because === 'nothing-offered');
}

function isSame(verdict: GuardOutcome): boolean {
  if (verdict.kind === 'await') return verdict.isChosen;
  return verdict.kind === 'keep' && (verdict.because === 'same' || verdict.because === 'consented');
}

/** A consent that names what cannot be a tag is none. */
function parseWishes(policy: ImagePolicy): Candidacy['wishes'] {
  const wishes = parsePolicyWishes(policy.meta.annotations);
  if (wishes.consent === undefined || tryParseTag(wishes.consent.tag) !== undefined) return wishes;
  const problem = `annotation ${policyAnnotations.allowRollback} must name a tag`;
  return { ...wishes, consent: undefined, problems: [...wishes.problems, problem] };
}
