import {
  type Fields,
  fieldsAt,
  optionalIntegerAt,
  optionalStringAt,
  optionalStringsAt,
  stringAt,
  stringMapAt,
} from './read-fields.ts';

/** The part of `metadata` that controllers read. */
export type ObjectMeta = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Counts changes of the spec. */
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  readonly isBeingDeleted: boolean;
};

/** @throws FieldError where it is no metadata of a namespaced object */
export function parseObjectMeta(object: Fields): ObjectMeta {
  const metadata = fieldsAt(object, 'metadata');
  return {
    namespace: stringAt(metadata, 'namespace'),
    name: stringAt(metadata, 'name'),
    uid: optionalStringAt(metadata, 'uid') ?? '',
    resourceVersion: optionalStringAt(metadata, 'resourceVersion') ?? '',
    generation: optionalIntegerAt(metadata, 'generation') ?? 0,
    labels: stringMapAt(metadata, 'labels'),
    annotations: stringMapAt(metadata, 'annotations'),
    finalizers: optionalStringsAt(metadata, 'finalizers') ?? [],
    isBeingDeleted: optionalStringAt(metadata, 'deletionTimestamp') !== undefined,
  };
}
