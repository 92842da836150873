import { type HistoryOptions, playHistory, type Violation } from './history.ts';

/** The first of so many histories, counted up from a seed, in which something goes wrong; its seed is in it. */
export function findViolation(
  firstSeed: number,
  histories: number,
  options: HistoryOptions = {},
): Violation | undefined {
  for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
    const violation = playHistory(seed, options);
    if (violation !== undefined) return violation;
  }
  return undefined;
}
