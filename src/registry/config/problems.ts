/** Something in the configuration that was passed over, and a person may want to know of. */
export type ConfigurationProblem = {
  /** What was passed over and why, without full stop and without a secret. */
  readonly message: string;
  readonly hint: string;
};

export interface ConfigurationProblems {
  report(message: string, hint: string): void;
  list(): readonly ConfigurationProblem[];
}

/** Each problem once, in the order found. They come up as files are read, which is as late as possible. */
export function makeProblems(): ConfigurationProblems {
  const problems = new Map<string, ConfigurationProblem>();
  return {
    report(message, hint) {
      problems.set(message, { message, hint });
    },
    list: () => [...problems.values()],
  };
}
