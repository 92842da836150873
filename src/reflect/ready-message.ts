import type { ImageRef } from '../api/image-policy.ts';
import type { TagSummary } from './tag-revision.ts';

/** Word for word as Flux says it: dashboards and alerts read these. */
export function scanMessage({ tagCount, revision }: Pick<TagSummary, 'tagCount' | 'revision'>): string {
  return `successful scan: found ${tagCount} tags with checksum ${revision}`;
}

/** Word for word as Flux says it. */
export function selectionMessage(latest: ImageRef, previous: ImageRef | undefined): string {
  const digest = latest.digest === undefined ? '' : ` with digest ${latest.digest}`;
  return `Latest image tag for ${latest.name} resolved to ${latest.tag}${digest}${previously(previous)}`;
}

function previously(ref: ImageRef | undefined): string {
  if (ref === undefined) return '';
  return ` (previously ${ref.name}:${ref.tag}${ref.digest === undefined ? '' : `@${ref.digest}`})`;
}
