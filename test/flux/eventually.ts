import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** What has not come by then does not come: controllers answer within seconds, also on a busy machine. */
const waitMaxMs = 60_000;

const lookEveryMs = 200;

/** Looks until it is as expected. @throws AssertionError with what was seen last */
export async function eventually<Value>(look: () => Promise<Value>, expected: Value): Promise<void> {
  const deadline = Date.now() + waitMaxMs;
  for (;;) {
    const seen = await look();
    try {
      assert.deepEqual(seen, expected);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(lookEveryMs);
    }
  }
}
