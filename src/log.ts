export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Facts beside a log line. Never a credential: callers redact before they log. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a room says what a person may want to know while it works. Handed in, never imported. */
export interface Log {
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Says nothing: the default where a caller does not care. */
export const silentLog: Log = { write: () => undefined };
