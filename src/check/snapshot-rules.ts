import { isWholeRead, type Snapshot } from '../cluster/snapshot.ts';
import type { Finding, Report } from '../findings/finding.ts';
import { ruleOf } from '../findings/rules.ts';
import type { Platform } from '../oci/platform.ts';
import { shortDigest } from '../reference/digest.ts';
import { normalizedReference, withoutDigest } from '../reference/reference.ts';
import { findSkew } from '../skew/find-skew.ts';
import type { Split } from '../skew/skew-report.ts';
import type { CheckSources } from './check-sources.ts';
import { type DeclaredImage, findingAt } from './declared-image.ts';

/** The platforms of a cluster's nodes, each once. */
export function platformsOf(snapshot: Snapshot): readonly Platform[] {
  const platforms = new Map<string, Platform>();
  for (const { os, architecture } of snapshot.nodes) {
    if (os !== undefined && architecture !== undefined)
      platforms.set(`${os}/${architecture}`, { os, architecture });
  }
  return [...platforms.values()];
}

/** One tag that runs with several contents: at the places that declare it, or at none where no file does. */
export async function checkSnapshot(
  snapshot: Snapshot,
  images: readonly DeclaredImage[],
  sources: CheckSources,
): Promise<Report> {
  const { registry, ledger, clock, signal, onProgress } = sources;
  const { report, sightings } = await findSkew(snapshot, {
    signal,
    onProgress,
    ...(registry === undefined ? { noRegistry: '--offline was given' } : { registry }),
    ...(ledger === undefined ? {} : { ledger }),
    askedAt: clock.now(),
  });
  await ledger?.recordSightings(sightings.filter((one) => one.observedAt <= clock.now()));
  return {
    findings: report.splits.flatMap((split) => splitFindings(split, images)),
    // The same verdict as `skew`: a kind that is missing from a dump takes away from what can be said, no more.
    problems: isWholeRead(snapshot) ? [] : snapshot.problems,
  };
}

function splitFindings(split: Split, images: readonly DeclaredImage[]): readonly Finding[] {
  const key = normalizedReference(split.reference);
  const contents = split.contents.map(
    ({ digest, pods, failing }) =>
      `${shortDigest(digest)} in ${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}${failing === 0 ? '' : ` (${failing} failing)`}`,
  );
  const workloads = split.workloads.map(
    ({ workload }) => `${workload.kind} ${workload.namespace}/${workload.name}`,
  );
  const message = `${split.reference.original} runs with ${contents.length} contents in ${workloads.join(', ')}: ${contents.join(', ')}`;
  const hint =
    split.doNow[0]?.text ?? 'run "holdfast skew" on the same snapshot: it says why, and what to do';
  const places = images.filter(({ reference }) => normalizedReference(withoutDigest(reference)) === key);
  if (places.length > 0) return places.map((place) => findingAt(place, 'split-tag', message, hint));
  const { severity } = ruleOf('split-tag');
  return [{ rule: 'split-tag', severity, message, hint, reference: split.reference.original }];
}
