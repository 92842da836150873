/** How near the limit: decides what may start. */
export type MemoryLevel = 'normal' | 'high' | 'critical';

/** Parts of the limit at which a level begins, and below which it ends: apart, so that it does not flicker. */
const memoryLevels = {
  high: { from: 0.8, until: 0.75 },
  critical: { from: 0.9, until: 0.85 },
} as const;

/** The level after the one before, for the part of the limit that is used. */
export function judgeMemory(before: MemoryLevel, usedPart: number): MemoryLevel {
  const { high, critical } = memoryLevels;
  if (usedPart >= critical.from || (before === 'critical' && usedPart >= critical.until)) return 'critical';
  if (usedPart >= high.from || (before !== 'normal' && usedPart >= high.until)) return 'high';
  return 'normal';
}

/** Whether a scan may start now, or why it is put off. */
export type ScanAdmission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'put-off'; readonly because: string };

/**
 * Whether another scan may start beside those that run: near the limit one at a time, very near it none. One
 * that runs is never halved, and one that is put off is not forgotten: it is due until it has run.
 */
export function mayStartScan(level: MemoryLevel, scansRunning: number): boolean {
  return level === 'normal' || (level === 'high' && scansRunning === 0);
}
