/**
 * Runs tasks in the order they come, up to `ahead` of them at once, and gives their values in that order. A
 * failure surfaces in its turn; those started behind it are awaited, so that none is left running or unheard.
 */
export async function* inOrder<Value>(
  tasks: AsyncIterable<() => Promise<Value>>,
  ahead: number,
): AsyncGenerator<Value> {
  const started: Promise<Value>[] = [];
  try {
    for await (const task of tasks) {
      const running = task();
      // Heard from the start: a failure whose turn has not come must not end the process.
      running.catch(() => undefined);
      started.push(running);
      const first = started.length < ahead ? undefined : started.shift();
      if (first !== undefined) yield await first;
    }
    for (let first = started.shift(); first !== undefined; first = started.shift()) yield await first;
  } finally {
    await Promise.allSettled(started);
  }
}
