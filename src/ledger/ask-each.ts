/** Questions under way at once to one registry. Its client has a limiter of its own for each host. */
const concurrency = 8;

/** Asks for every item, several at once, in order of start. The first failure ends it and is thrown. */
export async function askEach<Item>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  ask: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  async function worker(): Promise<void> {
    for (let item = items[next]; item !== undefined && !failed; item = items[next]) {
      next += 1;
      signal?.throwIfAborted();
      try {
        await ask(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
