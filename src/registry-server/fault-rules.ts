import type { Fault, FaultEndpoint, FaultMatch, FaultOf, FaultRule } from './fault.ts';

/** What a rule looks at in a request. */
export type FaultSubject = {
  readonly endpoint: FaultEndpoint | undefined;
  readonly method: string;
  readonly repository: string | undefined;
  readonly target: string | undefined;
  /** Whether the registry is about to answer 401: see {@link FaultMatch.challenged}. */
  readonly isChallenged: boolean;
};

/** The faults of one request. */
export class ActiveFaults {
  readonly all: readonly Fault[];

  constructor(all: readonly Fault[]) {
    this.all = all;
  }

  /** The first fault of this kind, in the order the rules were added. */
  find<Kind extends Fault['kind']>(kind: Kind): FaultOf<Kind> | undefined {
    return this.all.find((fault): fault is FaultOf<Kind> => fault.kind === kind);
  }

  list<Kind extends Fault['kind']>(kind: Kind): readonly FaultOf<Kind>[] {
    return this.all.filter((fault): fault is FaultOf<Kind> => fault.kind === kind);
  }
}

/** The rules in force, and how often each was met. */
export class FaultRules {
  readonly #rules = new Set<{ readonly rule: FaultRule; met: number }>();

  /** Puts a rule in force; calling what it returns takes it away again. */
  add(rule: FaultRule): () => void {
    const entry = { rule, met: 0 };
    this.#rules.add(entry);
    return () => {
      this.#rules.delete(entry);
    };
  }

  clear(): void {
    this.#rules.clear();
  }

  /** The faults for this request, counted as met. */
  take(subject: FaultSubject): ActiveFaults {
    const taken: Fault[] = [];
    for (const entry of this.#rules) {
      if (!applies(entry.rule.fault, subject) || !matches(entry.rule, subject)) continue;
      entry.met += 1;
      const turn = entry.met - (entry.rule.skip ?? 0);
      if (turn > 0 && turn <= (entry.rule.times ?? Number.POSITIVE_INFINITY)) taken.push(entry.rule.fault);
    }
    return new ActiveFaults(taken);
  }
}

function matches({ match = {} }: FaultRule, subject: FaultSubject): boolean {
  return (
    (match.endpoint === undefined || match.endpoint === subject.endpoint) &&
    (match.method === undefined || match.method === subject.method) &&
    (match.repository === undefined || match.repository === subject.repository) &&
    (match.target === undefined || match.target === subject.target) &&
    isDue(match, subject)
  );
}

/** A request that is only sent away to fetch a token meets no fault, unless the rule is for such requests. */
function isDue({ challenged }: FaultMatch, { endpoint, isChallenged }: FaultSubject): boolean {
  if (challenged !== undefined) return challenged === isChallenged;
  return !isChallenged || endpoint === 'ping';
}

/** Whether the fault can happen to such a request at all; so `times` counts only requests that meet it. */
function applies(fault: Fault, { endpoint, method, target }: FaultSubject): boolean {
  const { endpoints, methods } = places[fault.kind];
  if (endpoints !== undefined && !(endpoint !== undefined && endpoints.includes(endpoint))) return false;
  if (methods !== undefined && !methods.includes(method)) return false;
  return fault.kind !== 'forget-tag' || endpoint === 'tags' || target === fault.tag;
}

/** Every endpoint, or every method, where left out. */
type Place = { readonly endpoints?: readonly FaultEndpoint[]; readonly methods?: readonly string[] };

const anywhere: Place = {};
const reads = ['GET', 'HEAD'];
const lists: Place = { endpoints: ['tags', 'catalog', 'referrers'] };
const tags: Place = { endpoints: ['tags'] };
const uploads: Place = { endpoints: ['upload'] };

const places: Readonly<Record<Fault['kind'], Place>> = {
  status: anywhere,
  quota: { endpoints: ['manifest'], methods: reads },
  redirect: anywhere,
  'redirect-origin': anywhere,
  'redirect-loop': anywhere,
  'redirect-to-storage': { endpoints: ['blob'], methods: reads },
  'head-unsupported': { methods: ['HEAD'] },
  'require-accept': { endpoints: ['manifest'], methods: reads },
  'forget-tag': { endpoints: ['manifest', 'tags'], methods: reads },
  body: anywhere,
  'empty-body': anywhere,
  'html-body': anywhere,
  schema1: { endpoints: ['manifest'], methods: reads },
  'corrupt-body': anywhere,
  'gzip-bomb': anywhere,
  'endless-body': anywhere,
  'cut-body': anywhere,
  stall: anywhere,
  drip: anywhere,
  delay: anywhere,
  close: anywhere,
  'omit-header': anywhere,
  'set-header': anywhere,
  'huge-header': anywhere,
  'wrong-digest': anywhere,
  'skew-date': anywhere,
  'ignore-range': { endpoints: ['blob', 'storage'] },
  'no-referrers-api': { endpoints: ['referrers', 'manifest'], methods: ['GET', 'PUT'] },
  'ignore-filter': { endpoints: ['referrers'] },
  location: uploads,
  'refuse-mount': uploads,
  'drop-upload': uploads,
  link: lists,
  'page-limit': lists,
  'ignore-paging': lists,
  'unsorted-tags': tags,
  'truncated-tags': tags,
  'empty-tags': tags,
  'huge-tags': tags,
  'endless-pages': tags,
};
