import type { Snapshot } from '../cluster/snapshot.ts';
import type { Problem } from '../findings/finding.ts';
import { placesOf } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { UnknownContent } from './skew-report.ts';

/** Which containers run nothing that can be compared, and why. */
export function listUnknown(running: readonly RunningContainer[]): readonly UnknownContent[] {
  const told = running.flatMap((one) => {
    const reason = unknownReason(one);
    return reason === undefined ? [] : [{ one, reference: one.container.image, reason }];
  });
  const groups = Map.groupBy(told, ({ reference, reason }) => `${reference}\n${reason}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { reference, reason } = first;
    return [{ reference, reason, pods: placesOf(group.map(({ one }) => one)) }];
  });
}

function unknownReason({ content }: RunningContainer): string | undefined {
  if (content.kind === 'known') return undefined;
  if (content.kind === 'unknown') return content.reason;
  return `no digest from a registry, only image ID ${content.imageId}: it may have been loaded from a file`;
}

/** Kinds the snapshot does not hold, as problems: unknown is not none. */
export function missingKinds({ coverage }: Snapshot): readonly Problem[] {
  const missing: Problem[] = [];
  if (!coverage.nodes) {
    missing.push({
      code: 'NODES_MISSING',
      message: 'no nodes were read: their platforms and stored images are unknown',
      hint: 'add nodes to what kubectl is asked for',
    });
  }
  if (!coverage.events) {
    missing.push({
      code: 'EVENTS_MISSING',
      message: 'no events were read: when nodes pulled is unknown',
      hint: 'add events to what kubectl is asked for; clusters keep them for an hour',
    });
  }
  return missing;
}
