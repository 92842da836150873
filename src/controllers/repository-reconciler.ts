import { parseAcceptShrunk } from '../api/annotations.ts';
import { conditionTypes } from '../api/conditions.ts';
import { formatDuration } from '../api/duration.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { reasons } from '../api/reasons.ts';
import { type EpochMs, formatInstant } from '../clock.ts';
import { type ScanResult, scanRepository, unknownRepositoryReason } from '../ledger/scan.ts';
import { PolicyError } from '../policy/errors.ts';
import { repositoryName } from '../reference/repository.ts';
import { decideScan } from '../reflect/decide-scan.ts';
import { ReflectError } from '../reflect/errors.ts';
import type { ListView } from '../reflect/known-lists.ts';
import { findGateProblem } from '../reflect/object-identity.ts';
import { scanMessage } from '../reflect/ready-message.ts';
import { parseReflectedImage, type ReflectedImage } from '../reflect/reflected-image.ts';
import { describeUnknownRepository } from '../reflect/registry-advice.ts';
import { ledgerFor, listKeyOf } from '../reflect/tag-list.ts';
import type { TagSummary } from '../reflect/tag-revision.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import { withTimeLimit } from '../timing.ts';
import { makeKeyedLock } from './keyed-lock.ts';
import { viewOf } from './list-view.ts';
import { lookAtSelected } from './look-at-selected.ts';
import { openObjectRegistry } from './object-registry.ts';
import { observeRepository, type RepositorySubject } from './observed-repository.ts';
import { makePutOffScans, type PutOffScans } from './put-off-scan.ts';
import type { Term } from './reflector.ts';
import type { Report } from './report.ts';
import {
  fail,
  failScan,
  logFields,
  reportProgress,
  reportRepository,
  stall,
  suspend,
} from './repository-report.ts';
import { acceptShrunkCommand, retrySuspect } from './suspect-scan.ts';
import type { RunOutcome } from './work-queue.ts';
import { writeDespiteEdits } from './write-despite-edits.ts';
import { ensureFinalizer, isHeld, removeFinalizer } from './write-object.ts';

/** Reconciles one ImageRepository: `run` of a work queue. */
export function makeRepositoryReconciler(
  term: Term,
): (key: string, signal: AbortSignal) => Promise<RunOutcome> {
  const locked = makeKeyedLock();
  const scanning: Scanning = { count: 0, putOff: makePutOffScans(term) };
  const run = async (key: string, signal: AbortSignal): Promise<RunOutcome> => {
    const known = term.repositories.get(key);
    if (known === undefined) return { kind: 'done' };
    if (known.meta.isBeingDeleted) {
      scanning.putOff.forget(known);
      await removeFinalizer(term, known);
      const held = term.repositories.get(key);
      // Somebody else's finalizer keeps it: whoever asks of it is answered.
      if (held !== undefined && isHeld(held)) await reportRepository(term, held, { kind: 'suspended' }, {});
      return { kind: 'done' };
    }
    const object = await ensureFinalizer(term, known);
    const { spec } = object;
    if (spec instanceof FieldError) {
      return stall(term, object, {
        reason: reasons.imageUrlInvalid,
        message: `invalid spec: ${spec.message}`,
      });
    }
    if (spec.suspend) {
      scanning.putOff.forget(object);
      return suspend(term, object);
    }
    const gated = findGateProblem(spec, term.options.hasObjectIdentity, 'ImageRepository');
    if (gated !== undefined) {
      return stall(term, object, { reason: reasons.featureGateDisabled, message: gated });
    }
    const image = parseReflectedImage(spec.image);
    if ('problem' in image) {
      return stall(term, object, { reason: reasons.imageUrlInvalid, message: image.problem });
    }
    const subject: RepositorySubject = {
      object,
      spec,
      image,
      listKey: listKeyOf(image.repository, spec, object.meta),
    };
    // Two objects of one image take turns: the second finds what the first recorded.
    return locked(repositoryName(subject.listKey), () => reconcile(term, subject, { signal, scanning }));
  };
  return (key, signal) => scanning.putOff.during(key, () => run(key, signal));
}

type Turn = { readonly signal: AbortSignal; readonly scanning: Scanning };

function viewOfSubject(term: Term, { object, ...viewed }: RepositorySubject): ListView {
  return viewOf(term.policies, { repository: object, ...viewed });
}

/** Scans that run, and those that wait. */
type Scanning = { count: number; readonly putOff: PutOffScans };

async function reconcile(
  term: Term,
  subject: RepositorySubject,
  { signal, scanning }: Turn,
): Promise<RunOutcome> {
  let recorded: TagSummary;
  try {
    recorded = await term.lists.summarize(viewOfSubject(term, subject));
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const during = 'scanning: updated exclusion list';
    return fail(term, subject.object, { message: `scan failed: ${regexMessage(error)}`, error, during });
  }
  const decision = decideScan(await observeRepository(term, subject, recorded));
  if (decision.kind === 'wait') {
    scanning.putOff.forget(subject.object);
    return rest(term, subject, { message: scanMessage(recorded), forMs: decision.forMs, signal });
  }
  const admission = term.admitScan(scanning.count);
  if (admission.kind === 'put-off') return scanning.putOff.putOff(subject.object, admission.because);
  scanning.putOff.resume(subject.object);
  scanning.count += 1;
  try {
    const limit = { ms: subject.spec.timeoutMs, signal };
    return await withTimeLimit(term.timing, limit, (within) =>
      scan(term, subject, { reason: decision.reason, signal, within }),
    );
  } finally {
    scanning.count -= 1;
    scanning.putOff.wake();
  }
}

type Rest = { readonly message: string; readonly forMs: number; readonly signal: AbortSignal };

/** No scan is due. Whether there could be one is looked at all the same: a Secret may be named that is not there. */
async function rest(
  term: Term,
  subject: RepositorySubject,
  { message, forMs, signal }: Rest,
): Promise<RunOutcome> {
  const { object, spec, image } = subject;
  const way = { repository: object, spec, host: image.repository.registry };
  try {
    const limit = { ms: spec.timeoutMs, signal };
    await withTimeLimit(term.timing, limit, (within) => term.access.read(way, 'look', within));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ReflectError)) throw error;
    // A cloud is asked when there is a scan.
    if (error.code === 'ACCESS_UNUSABLE') return failScan(term, object, { error, reason: 'no scan' });
  }
  // Exclusions in another order are no reason for a scan, and are observed.
  const observed = { observedExclusionList: spec.exclusionList };
  await reportRepository(term, object, { kind: 'ready', message }, observed);
  term.log.write('debug', 'tags need no scan', { forMs, ...logFields(object) });
  return { kind: 'again', afterMs: forMs };
}

type ScanOrder = {
  readonly reason: string;
  readonly signal: AbortSignal;
  /** Aborted at the object's timeout, too. */
  readonly within: AbortSignal;
};

async function scan(
  term: Term,
  subject: RepositorySubject,
  { reason, signal, within }: ScanOrder,
): Promise<RunOutcome> {
  const { spec, listKey, image } = subject;
  const object = await reportProgress(term, subject.object, reason);
  const startedAt = term.clock.now();
  let result: ScanResult;
  let lister: RegistryReader;
  try {
    const way = { repository: object, spec, image };
    const opened = await openObjectRegistry(term, way, { purpose: 'scan', signal: within });
    lister = opened.reader;
    const ledger = ledgerFor(term.ledger, listKey);
    result = await scanRepository({ lister, ledger, clock: term.clock }, image.repository, {
      digests: 'none',
      signal: within,
      describeFailure: opened.describeFailure,
      acceptsFrom: parseAcceptShrunk(object.meta.annotations),
      acceptedBy: (tags) => acceptShrunkCommand(object, tags),
    });
  } catch (error) {
    signal.throwIfAborted();
    term.metrics.scanned({ ...measureOf(term, object, startedAt), outcome: 'failed' });
    return failScan(term, object, {
      reason,
      error: within.aborted
        ? new Error(`no whole answer within ${formatDuration(spec.timeoutMs)}, which spec.timeout allows`)
        : error,
    });
  }
  if (result.outcome !== 'complete') {
    const outcome = result.outcome === 'suspect' ? 'suspect' : 'failed';
    term.metrics.scanned({ ...measureOf(term, object, startedAt), outcome });
    const failed = await failScan(term, object, { reason, error: new Error(reasonOf(result, image)) });
    return outcome === 'suspect' ? retrySuspect(failed, result, term.clock.now()) : failed;
  }
  await term.lists.learn(listKey, result.change);
  const moves = await lookAtSelected(term, { ...subject, object, lister, signal: within });
  const summary = await term.lists.summarize(viewOfSubject(term, subject));
  term.metrics.scanned({
    ...measureOf(term, object, startedAt),
    outcome: 'complete',
    tags: summary.tagCount,
    added: result.appeared,
    removed: result.gone,
    moved: moves.length,
  });
  term.log.write('info', scanMessage(summary), { trigger: reason, ...logFields(object) });
  await reportScan(term, { ...subject, object }, summary, startedAt);
  // An interval of nothing asks for no other scan, in Flux too; else it would be scanned without a pause.
  return spec.intervalMs === 0 ? { kind: 'done' } : { kind: 'again', afterMs: spec.intervalMs };
}

function reasonOf({ reason, outcome }: ScanResult, { repository }: ReflectedImage): string {
  return reason === unknownRepositoryReason ? describeUnknownRepository(repository) : (reason ?? outcome);
}

async function reportScan(
  term: Term,
  subject: RepositorySubject,
  summary: TagSummary,
  startedAt: EpochMs,
): Promise<void> {
  const { object, spec, image } = subject;
  const { revision, tagCount, latestTags } = summary;
  const scanned = {
    canonicalImageName: image.canonicalName,
    lastScanResult: {
      revision,
      tagCount,
      scanTime: formatInstant(startedAt),
      latestTags: tagCount === 0 ? undefined : latestTags,
    },
    observedExclusionList: spec.exclusionList,
  };
  const ready: Report = { kind: 'ready', message: scanMessage(summary) };
  await writeDespiteEdits(term, object, (seen) =>
    reportRepository(term, seen, ready, scanned, { remove: [conditionTypes.requested] }),
  );
  term.wakePoliciesOf(`${object.meta.namespace}/${object.meta.name}`);
}

function measureOf(term: Term, { meta }: ImageRepository, startedAt: EpochMs) {
  return { repository: meta, durationMs: term.clock.now() - startedAt };
}

/** In Flux's words. */
function regexMessage(error: PolicyError): string {
  return error.message.replace(
    /^invalid regular expression pattern '([^]*)': /,
    'failed to compile regex $1: ',
  );
}
