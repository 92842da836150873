/**
 * Histories that failed once: they always run. Add the seed that a failing run prints, and what it found. Where
 * the simulation itself changes, a seed means another history; it is kept all the same.
 */
export const regressionSeeds: readonly number[] = [
  // A consent outside the policy's range was guarded for good after it had been taken away.
  18,
  // A ledger's older record hid that the status's own tag had not been asked for.
  7072, 17_424,
  // An empty status and an empty list: nothing scanned again.
  2499,
];
