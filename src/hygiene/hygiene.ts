/**
 * Room `hygiene`: what the image objects of a cluster cost and nobody needs. Pure but for reading the ledger.
 * May import the model, `ledger`, and `reflect`.
 *
 * Invariant: what could not be looked at is not known, and never "unused".
 */
import type { ImagePolicy } from '../api/image-policy.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import type { ImageUpdateAutomation } from '../api/image-update-automation.ts';
import type { Finding, Report } from '../findings/finding.ts';
import { type RuleId, ruleOf } from '../findings/rules.ts';
import type { Marker } from './policy-markers.ts';
import type { ListHistory } from './read-history.ts';

/** What is known. A part is undefined where nobody could look. */
export type HygieneFacts = {
  readonly repositories: readonly ImageRepository[] | undefined;
  readonly policies: readonly ImagePolicy[] | undefined;
  readonly automations: readonly ImageUpdateAutomation[] | undefined;
  /** Whether the objects are those of all namespaces. */
  readonly isWholeCluster: boolean;
  /** Markers in the places given; undefined where they are not known. */
  readonly markers: readonly Marker[] | undefined;
  /** Why they are not: none was given, or not all could be read. */
  readonly noMarkers: string | undefined;
  /** By `namespace/name` of the ImageRepository. Absent where the ledger knows nothing of its image. */
  readonly histories: ReadonlyMap<string, ListHistory>;
};

/** A rule that could not be applied, to all or to one object. */
export type NotKnown = { readonly rule: RuleId; readonly object?: string; readonly because: string };

/** What a repository costs, as far as is known. */
export type RepositoryCost = {
  readonly namespace: string;
  readonly name: string;
  /** As written. */
  readonly image: string | undefined;
  readonly intervalMs: number | undefined;
  /** 0 where it is suspended, or was never scanned with success; undefined where its spec cannot be read. */
  readonly scansPerDay: number | undefined;
  /** Pages of the registry's list in the last whole scan that the ledger has. */
  readonly pages: number | undefined;
  readonly tags: number | undefined;
  /** Scans that changed which tags are listed, over so long. */
  readonly changes: number | undefined;
  readonly observedMs: number | undefined;
};

export type HygieneReport = Report & {
  readonly notKnown: readonly NotKnown[];
  readonly repositories: readonly RepositoryCost[];
};

/** What one rule found, and where it could not look. */
export type RuleAnswer = { readonly findings: readonly Finding[]; readonly notKnown: readonly NotKnown[] };

/** A finding of a rule, with the rule's severity. */
export function findingOf(
  rule: RuleId,
  about: Pick<Finding, 'message' | 'hint' | 'file' | 'path' | 'line' | 'reference'>,
): Finding {
  return { rule, severity: ruleOf(rule).severity, ...about };
}

export function notKnown(rule: RuleId, because: string, object?: string): RuleAnswer {
  return { findings: [], notKnown: [{ rule, because, ...(object === undefined ? {} : { object }) }] };
}

/** `namespace/name`, as everybody writes it. */
export function nameOf({ meta }: ImageRepository | ImagePolicy | ImageUpdateAutomation): string {
  return `${meta.namespace}/${meta.name}`;
}
