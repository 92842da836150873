/**
 * Room `findings`: what a check says, as plain data; every door shows the same. Pure; may import rung 0 only.
 */

/** `error`: what was meant is not what is there. `warning`: it may drift. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** Something a rule found. Place parts are absent where the finding is about no file. */
export type Finding = {
  /** Rule id, kebab case, e.g. `floating-tag`. A promise: see docs/rules. */
  readonly rule: string;
  readonly severity: Severity;
  /** What is the case, with the reference. No full stop. */
  readonly message: string;
  /** What to do, as an instruction. */
  readonly hint?: string;
  /** Relative to the PATH given. */
  readonly file?: string;
  /** The same file relative to the working directory, where it is a real one: what CI annotates. */
  readonly path?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in UTF-16 code units. */
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** As the user wrote it. */
  readonly reference?: string;
};

/**
 * Something that could not be looked at. Never a finding, and never silence: "could not look" is a verdict
 * of its own (invariant 7).
 */
export type Problem = {
  /** Upper snake case, e.g. `YAML_UNREADABLE`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly file?: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
};

/** What a check answers: what it found, and what it could not look at. */
export type Report = {
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
};
