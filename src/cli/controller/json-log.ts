import type { Writable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { Log, LogFields, LogLevel } from '../../log.ts';

/** Source: fluxcd/pkg runtime/logger. */
export const logThresholds = ['trace', 'debug', 'info', 'error'] as const;
export const logEncodings = ['json', 'console'] as const;

export type LogThreshold = (typeof logThresholds)[number];
export type LogEncoding = (typeof logEncodings)[number];

export type JsonLogOptions = {
  readonly threshold: LogThreshold;
  readonly encoding: LogEncoding;
  readonly clock: Clock;
};

const weights: Readonly<Record<LogLevel | 'trace', number>> = {
  trace: 0,
  debug: 1,
  info: 2,
  warn: 2,
  error: 3,
};

/** A line for each, as controllers of Kubernetes log: `level`, `ts`, `msg`, then the rest. */
export function makeJsonLog(stream: Writable, { threshold, encoding, clock }: JsonLogOptions): Log {
  const format = encoding === 'json' ? formatJson : formatConsole;
  return {
    write(level, message, fields = {}) {
      if (weights[level] < weights[threshold]) return;
      stream.write(`${format(level, new Date(clock.now()).toISOString(), message, fields)}\n`);
    },
  };
}

function formatJson(level: LogLevel, ts: string, msg: string, fields: LogFields): string {
  return JSON.stringify({ level, ts, msg, ...fields });
}

function formatConsole(level: LogLevel, ts: string, msg: string, fields: LogFields): string {
  return [ts, level.toUpperCase(), JSON.stringify(msg), JSON.stringify(fields)].join('\t');
}
