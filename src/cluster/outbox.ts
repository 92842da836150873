import type { Timing } from '../timing.ts';

export type OutboxOptions<Item> = {
  /** Items that wait at most: beyond it the oldest is dropped. */
  readonly itemsMax: number;
  /** One after the other, in order. What it throws is its own affair: it must not. */
  readonly send: (item: Item, signal: AbortSignal) => Promise<void>;
  readonly onDropped: (item: Item) => void;
  readonly timing: Timing;
};

/** What is to be sent, so that whoever has it to say need not wait for whoever takes it. */
export interface Outbox<Item> {
  put(item: Item): void;
  /** Takes no more, and sends what waits for at most so long. */
  close(graceMs: number): Promise<void>;
}

export function makeOutbox<Item>({ itemsMax, send, onDropped, timing }: OutboxOptions<Item>): Outbox<Item> {
  const waiting: Item[] = [];
  const closing = new AbortController();
  let isClosed = false;
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      if (closing.signal.aborted) onDropped(item);
      else await send(item, closing.signal);
    }
    sending = undefined;
  }

  return {
    put(item) {
      if (isClosed) return onDropped(item);
      waiting.push(item);
      if (waiting.length > itemsMax) {
        const oldest = waiting.shift();
        if (oldest !== undefined) onDropped(oldest);
      }
      sending ??= sendAll();
    },
    async close(graceMs) {
      isClosed = true;
      const callOff = timing.schedule(graceMs, () => closing.abort(new Error('closed')));
      await sending;
      callOff();
    },
  };
}
