/** What an expected difference from Flux says, and the points that many of them are about. */

export type ExpectedDifference = {
  /** Each of them shows it; absent: any scenario may. */
  readonly scenarios?: readonly string[];
  readonly look?: string;
  /** A text is meant whole, here and below. */
  readonly point: string | RegExp;
  /** Absent: there is nothing. */
  readonly reference?: string | RegExp;
  readonly ours?: string | RegExp;
  /** The line of docs/commands/controller.md that tells users. */
  readonly documented: Documented;
};

/** Beginnings of lines under "Differences from Flux on purpose". */
export const documentedDifferences = {
  refused: 'Refused: an older tag',
  disbelieved: 'A list that is empty or lost most of its tags',
  visible: 'A failed scan stays visible',
  exact: 'Numbers are exact',
  image: 'A policy keeps its old name and tag',
  digests: 'Digests are asked for with',
  moved: 'What a selected tag points to is asked',
  events: 'That nothing changed is no event',
  words: 'A failure says what to do',
  secrets: 'A pull secret of the wrong type',
  conditions: 'Conditions of our own',
  challenge: 'Registries are not pinged',
  patterns: 'An exclusion that cannot be used',
  pages: 'Pages of tags',
  finalizer: 'A request is served also',
  categories: 'The kinds have the categories',
  metrics: 'Of the metrics',
  lists: 'Objects that bring their own proxy',
  stalled: 'An object that failed',
  spelling: 'An image name that no registry',
  logins: 'Of several logins',
  woken: 'Secrets, ServiceAccounts, labels of namespaces',
} as const;

/** Lines that stand there besides, and what holds them. */
export const shownElsewhere = { "A cloud's credential": 'test/cloud-contract.ts' } as const;

export type Documented = keyof typeof documentedDifferences;

/** Of what is a point by itself: an event, a post, a request, a printed line. */
export const there = 'there';

export const ready = 'objects/ImageRepository/app/conditions/Ready';

export const readyPolicy = 'objects/ImagePolicy/app/conditions/Ready';
