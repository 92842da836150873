import { type ObjectMeta, parseObjectMeta } from './object-meta.ts';
import {
  booleanAt,
  type Fields,
  fieldsAt,
  isFields,
  optionalFieldsAt,
  optionalListAt,
  optionalStringAt,
  optionalStringsAt,
  stringMapAt,
} from './read-fields.ts';

/** The part of Flux's ImageUpdateAutomation that says which policies it writes into Git. */
export type ImageUpdateAutomation = {
  readonly kind: 'ImageUpdateAutomation';
  readonly meta: ObjectMeta;
  readonly isSuspended: boolean;
  /** Absent: every policy of its namespace. */
  readonly policySelector: LabelSelector | undefined;
};

/** Source: apimachinery, `metav1.LabelSelector`. */
export type LabelSelector = {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelExpression[];
};

type LabelExpression = {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
};

/** @throws FieldError where it is no object of this kind */
export function parseImageUpdateAutomation(object: Fields): ImageUpdateAutomation {
  const spec = fieldsAt(object, 'spec');
  return {
    kind: 'ImageUpdateAutomation',
    meta: parseObjectMeta(object),
    isSuspended: booleanAt(spec, 'suspend'),
    policySelector: parseSelector(optionalFieldsAt(spec, 'policySelector')),
  };
}

function parseSelector(selector: Fields | undefined): LabelSelector | undefined {
  if (selector === undefined) return undefined;
  const expressions = optionalListAt(selector, 'matchExpressions', (item) =>
    isFields(item) ? item : undefined,
  );
  return {
    matchLabels: stringMapAt(selector, 'matchLabels'),
    matchExpressions: (expressions ?? [])
      .filter((item) => item !== undefined)
      .map((item) => ({
        key: optionalStringAt(item, 'key') ?? '',
        operator: optionalStringAt(item, 'operator') ?? '',
        values: optionalStringsAt(item, 'values') ?? [],
      })),
  };
}

/** Whether an automation takes a policy up: of its own namespace, and with labels that its selector wants. */
export function takesPolicy(
  automation: ImageUpdateAutomation,
  policy: Pick<ObjectMeta, 'namespace' | 'labels'>,
): boolean {
  if (automation.meta.namespace !== policy.namespace) return false;
  const { matchLabels, matchExpressions } = automation.policySelector ?? noSelector;
  return (
    Object.entries(matchLabels).every(([key, value]) => policy.labels[key] === value) &&
    matchExpressions.every((expression) => holds(expression, policy.labels))
  );
}

const noSelector: LabelSelector = { matchLabels: {}, matchExpressions: [] };

function holds(
  { key, operator, values }: LabelExpression,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      // One that nobody knows selects nothing, as the API server would refuse it.
      return false;
  }
}
