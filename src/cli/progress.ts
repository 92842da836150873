import type { Writable } from 'node:stream';
import type { Host } from './host.ts';

/** Work shorter than this shows no progress: it would only flicker. */
const quietMs = 1000;
/** How often a log without a terminal gets a line. */
const lineEveryMs = 10_000;

/** Says on stderr what long work is doing: a line that changes on a terminal, a line now and then elsewhere. */
export interface Progress {
  update(text: string): void;
  stop(): void;
}

export function startProgress(host: Host, text: string): Progress {
  return isTerminal(host.stderr) ? terminalProgress(host, text) : lineProgress(host, text);
}

function terminalProgress(host: Host, first: string): Progress {
  let text = first;
  let spinner: { update(options: { text: string }): unknown; stop(): unknown; clear(): unknown } | undefined;
  let stopped = false;
  const timer = setTimeout(() => {
    void import('nanospinner').then(({ default: nanospinner }) => {
      if (stopped) return;
      spinner = nanospinner.createSpinner(text, { stream: host.stderr as NodeJS.WriteStream }).start();
    });
  }, quietMs);
  return {
    update(next) {
      text = next;
      spinner?.update({ text });
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      spinner?.stop();
      spinner?.clear();
    },
  };
}

function lineProgress(host: Host, first: string): Progress {
  let text = first;
  const write = (): void => {
    host.stderr.write(`holdfast: ${text}\n`);
  };
  const timers = [setTimeout(write, quietMs), setInterval(write, lineEveryMs)];
  for (const timer of timers) timer.unref();
  return {
    update(next) {
      text = next;
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

export function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}
