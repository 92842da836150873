import { type Condition, parseConditions } from './conditions.ts';
import { optionalDurationAt } from './duration.ts';
import { orFieldError } from './image-repository.ts';
import { type ObjectMeta, parseObjectMeta } from './object-meta.ts';
import {
  booleanAt,
  FieldError,
  type Fields,
  fieldsAt,
  optionalFieldsAt,
  optionalIntegerAt,
  optionalStringAt,
  stringAt,
} from './read-fields.ts';

/** How a version is chosen, as the spec says it: not proven to be a range or a direction. */
export type PolicyChoice =
  | { readonly kind: 'semver'; readonly range: string }
  | { readonly kind: 'alphabetical' | 'numerical'; readonly order: string };

export const digestReflectionPolicies = ['Always', 'IfNotPresent', 'Never'] as const;

export type DigestReflectionPolicy = (typeof digestReflectionPolicies)[number];

export type ImagePolicySpec = {
  readonly repository: { readonly namespace: string; readonly name: string };
  /** Absent where none is given. Of several, semver counts before alphabetical before numerical, as in Flux. */
  readonly choice: PolicyChoice | undefined;
  readonly filterTags: { readonly pattern: string; readonly extract: string } | undefined;
  readonly digestReflectionPolicy: DigestReflectionPolicy;
  /** How often a digest is asked for anew; with `Always` only. */
  readonly intervalMs: number | undefined;
  readonly suspend: boolean;
};

/** An image as `status` names it: the name is `spec.image` of the repository, as written there. */
export type ImageRef = {
  readonly name: string;
  readonly tag: string;
  readonly digest?: string;
};

export type ImagePolicyStatus = {
  readonly conditions: readonly Condition[];
  /** -1 until a generation was dealt with. */
  readonly observedGeneration: number;
  readonly latestRef: ImageRef | undefined;
  readonly observedPreviousRef: ImageRef | undefined;
  readonly lastHandledReconcileAt: string | undefined;
};

export type ImagePolicy = {
  readonly kind: 'ImagePolicy';
  readonly meta: ObjectMeta;
  /** The spec, or what is wrong with it. */
  readonly spec: ImagePolicySpec | FieldError;
  readonly status: ImagePolicyStatus;
};

/** @throws FieldError where metadata or status are not those of an object of this kind */
export function parseImagePolicy(object: Fields): ImagePolicy {
  const meta = parseObjectMeta(object);
  return {
    kind: 'ImagePolicy',
    meta,
    spec: orFieldError(() => parseSpec(fieldsAt(object, 'spec'), meta.namespace)),
    status: parseStatus(fieldsAt(object, 'status')),
  };
}

function parseSpec(spec: Fields, ownNamespace: string): ImagePolicySpec {
  const repository = fieldsAt(spec, 'imageRepositoryRef');
  const filter = optionalFieldsAt(spec, 'filterTags');
  return {
    repository: {
      namespace: optionalStringAt(repository, 'namespace') || ownNamespace,
      name: stringAt(repository, 'name'),
    },
    choice: parseChoice(fieldsAt(spec, 'policy')),
    filterTags: filter && {
      pattern: optionalStringAt(filter, 'pattern') ?? '',
      extract: optionalStringAt(filter, 'extract') ?? '',
    },
    digestReflectionPolicy: parseDigestReflection(
      optionalStringAt(spec, 'digestReflectionPolicy') || 'Never',
    ),
    intervalMs: optionalDurationAt(spec, 'interval'),
    suspend: booleanAt(spec, 'suspend'),
  };
}

function parseChoice(policy: Fields): PolicyChoice | undefined {
  const semver = optionalFieldsAt(policy, 'semver');
  if (semver !== undefined) return { kind: 'semver', range: optionalStringAt(semver, 'range') ?? '' };
  for (const kind of ['alphabetical', 'numerical'] as const) {
    const choice = optionalFieldsAt(policy, kind);
    if (choice !== undefined) return { kind, order: optionalStringAt(choice, 'order') || 'asc' };
  }
  return undefined;
}

function parseDigestReflection(text: string): DigestReflectionPolicy {
  const found = digestReflectionPolicies.find((one) => one === text);
  if (found === undefined) {
    throw new FieldError(`digestReflectionPolicy must be one of ${digestReflectionPolicies.join(', ')}`);
  }
  return found;
}

function parseStatus(status: Fields): ImagePolicyStatus {
  return {
    conditions: parseConditions(status),
    observedGeneration: optionalIntegerAt(status, 'observedGeneration') ?? -1,
    latestRef: parseRef(optionalFieldsAt(status, 'latestRef')),
    observedPreviousRef: parseRef(optionalFieldsAt(status, 'observedPreviousRef')),
    lastHandledReconcileAt: optionalStringAt(status, 'lastHandledReconcileAt'),
  };
}

/** A reference without name or tag is none: nothing can be held to it. */
function parseRef(ref: Fields | undefined): ImageRef | undefined {
  if (ref === undefined) return undefined;
  const name = optionalStringAt(ref, 'name');
  const tag = optionalStringAt(ref, 'tag');
  const digest = optionalStringAt(ref, 'digest');
  if (!name || !tag) return undefined;
  return digest ? { name, tag, digest } : { name, tag };
}
