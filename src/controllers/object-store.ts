import type { ReflectedObject } from '../api/api.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';

/** The newest known version of each object of a kind, by `namespace/name`. */
export interface ObjectStore<Kind extends ReflectedObject> {
  get(key: string): Kind | undefined;
  /** Keeps it, unless a newer version is known: a watch tells late what we wrote ourselves. Answers the one before. */
  put(object: Kind): Kind | undefined;
  remove(key: string): void;
  values(): Iterable<Kind>;
}

export function makeObjectStore<Kind extends ReflectedObject>(): ObjectStore<Kind> {
  const objects = new Map<string, Kind>();
  return {
    get: (key) => objects.get(key),
    put(object) {
      const key = keyOf(object);
      const before = objects.get(key);
      if (before === undefined || !isNewer(before, object)) objects.set(key, object);
      return before;
    },
    remove(key) {
      objects.delete(key);
    },
    values: () => objects.values(),
  };
}

export function keyOf({ meta }: ReflectedObject): string {
  return formatNamespacedName(meta);
}

/** Resource versions of one object are numbers that grow. Source: Kubernetes API concepts, "Resource versions". */
function isNewer(known: ReflectedObject, other: ReflectedObject): boolean {
  const [one, two] = [known.meta.resourceVersion, other.meta.resourceVersion];
  if (known.meta.uid !== other.meta.uid || !/^\d+$/.test(one) || !/^\d+$/.test(two)) return false;
  return BigInt(one) > BigInt(two);
}
