import type { ReflectedObject } from '../api/api.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';

/** The newest known version of each object of a kind, by `namespace/name`. */
export interface ObjectStore<Kind extends ReflectedObject> {
  get(key: string): Kind | undefined;
  /** Keeps it, unless a newer version is known: a watch tells late what we wrote ourselves. Answers the one before. */
  put(object: Kind): Kind | undefined;
  /** Keeps a newer version of one that is known; one that was removed meanwhile, or is no longer ours, stays away. */
  renew(object: Kind): void;
  remove(key: string): void;
  values(): Iterable<Kind>;
  /** Those that refer to this one, found without a look at all others. */
  referringTo(key: string): Iterable<Kind>;
}

export function makeObjectStore<Kind extends ReflectedObject>(
  referenceOf: (object: Kind) => string | undefined = () => undefined,
): ObjectStore<Kind> {
  const objects = new Map<string, Kind>();
  const byReference = new Map<string, Map<string, Kind>>();

  function leave(key: string, object: Kind): void {
    const reference = referenceOf(object);
    const others = reference === undefined ? undefined : byReference.get(reference);
    others?.delete(key);
    if (reference !== undefined && others?.size === 0) byReference.delete(reference);
  }

  function enter(key: string, object: Kind): void {
    objects.set(key, object);
    const reference = referenceOf(object);
    if (reference === undefined) return;
    const others = byReference.get(reference) ?? new Map<string, Kind>();
    byReference.set(reference, others.set(key, object));
  }

  function put(object: Kind): Kind | undefined {
    const key = keyOf(object);
    const before = objects.get(key);
    if (before !== undefined && isNewer(before, object)) return before;
    if (before !== undefined && referenceOf(before) !== referenceOf(object)) leave(key, before);
    enter(key, object);
    return before;
  }

  return {
    get: (key) => objects.get(key),
    put,
    renew(object) {
      if (objects.get(keyOf(object))?.meta.uid === object.meta.uid) put(object);
    },
    remove(key) {
      const before = objects.get(key);
      if (before !== undefined) leave(key, before);
      objects.delete(key);
    },
    values: () => objects.values(),
    referringTo: (key) => byReference.get(key)?.values() ?? [],
  };
}

export function keyOf({ meta }: ReflectedObject): string {
  return formatNamespacedName(meta);
}

/** Resource versions of one object are numbers that grow. Source: Kubernetes API concepts, "Resource versions". */
function isNewer(known: ReflectedObject, other: ReflectedObject): boolean {
  const [one, two] = [known.meta.resourceVersion, other.meta.resourceVersion];
  return known.meta.uid === other.meta.uid && isLaterVersion(one, two);
}

/** Of two resource versions of one object; false where either is no number. */
export function isLaterVersion(one: string, other: string): boolean {
  return /^\d+$/.test(one) && /^\d+$/.test(other) && BigInt(one) > BigInt(other);
}
