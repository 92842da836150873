/**
 * Time to wait by, for whatever runs in a loop. Only `main.ts` and tests make one; everything else is handed it.
 * Its clock never goes back: a machine's clock set wrong neither hurries nor delays the work.
 */
export interface Timing {
  /** Milliseconds since some start; comparable only with itself. */
  elapsedMs(): number;
  /** Calls once, after so many milliseconds; what it answers calls that off. */
  schedule(afterMs: number, call: () => void): () => void;
  /** At least 0, below 1: so that many do not come back together. */
  random(): number;
}

/** Longest wait of a timer: Node calls at once where it is told more. */
const timerMsMax = 2 ** 31 - 1;

export const systemTiming: Timing = {
  elapsedMs: () => performance.now(),
  schedule(afterMs, call) {
    const timer = setTimeout(call, Math.min(Math.max(0, afterMs), timerMsMax));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Waits so long. @throws the signal's reason, at once */
export function wait(timing: Timing, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const abort = (): void => {
      callOff();
      reject(signal?.reason);
    };
    const callOff = timing.schedule(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Lets work take so long: its signal is aborted then, or with `signal`.
 *
 * Not by `AbortSignal.timeout`: Node 24 keeps for good what `AbortSignal.any` made of one, once that is handed to
 * another `AbortSignal.any`.
 */
export async function withTimeLimit<Outcome>(
  timing: Timing,
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  work: (within: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const late = new AbortController();
  const callOff = timing.schedule(ms, () => late.abort(new Error(`no end after ${ms} ms`)));
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    callOff();
  }
}

/** How long to wait after so many failures in a row (1 or more): doubled each time, half of it at random. */
export function backOffMs(
  failures: number,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
  random: number,
): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 40));
  return full / 2 + (full / 2) * random;
}
