/**
 * The one family of failures. A room that can fail has its own subclass with its own closed union of
 * codes (`registry/errors.ts`); each front door has one table from code to exit status, condition or
 * HTTP status.
 *
 * Expected outcomes (no tag matched, a file that cannot be parsed) are return values, not errors.
 */
export type ErrorDetails = {
  /** What the person should do next, as an instruction. */
  readonly hint?: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
};

export class HoldfastError<Code extends string = string> extends Error {
  override readonly name: string = 'HoldfastError';
  readonly code: Code;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  /**
   * @param code a literal of the room's union, e.g. `REFERENCE_INVALID`
   * @param message what happened to what, no full stop, no credential
   */
  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
  }
}

/** The text of anything thrown, for a `message` that wraps it. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
