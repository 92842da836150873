import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

/** Two controllers fight for days; who looks at the log sees it in its last hour. */
const sayAgainMs = 3_600_000;

/** A warning of what goes on and on: said at once, and not again within the hour. */
export function makeRareWarning({
  log,
  clock,
}: {
  readonly log: Log;
  readonly clock: Clock;
}): (message: string, fields: Readonly<Record<string, string>>) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (message, fields) => {
    if (clock.now() - saidAt < sayAgainMs) return;
    saidAt = clock.now();
    log.write('warn', message, fields);
  };
}
