import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { apiVersionOf, describeObject, type FakeKind, findKind } from './fake-kinds.ts';
import { FakeRefusal } from './fake-refusal.ts';

export type FakeMetadata = {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
};

export type FakeObject = Readonly<Record<string, unknown>> & {
  readonly metadata: FakeMetadata;
  readonly status?: unknown;
};

/** Where one object is. */
export type FakePlace = {
  readonly kind: FakeKind;
  readonly namespace: string | undefined;
  readonly name: string;
};

/** One write: `before` is absent where something was made, `after` where it went. */
export type FakeChange = {
  readonly version: number;
  readonly kind: FakeKind;
  readonly before: FakeObject | undefined;
  readonly after: FakeObject | undefined;
};

/**
 * Objects as an API server keeps them: one counter of versions for all, writes that are refused where they
 * were made from an older version, and a history for watches that can be forgotten.
 */
export class FakeStore {
  readonly #objects = new Map<string, FakeObject>();
  readonly #watchers = new Set<(change: FakeChange) => void>();
  #history: FakeChange[] = [];
  #version = 1000;
  #oldest = 1000;

  get version(): number {
    return this.#version;
  }

  /** Sorted by namespace and name, as etcd gives them. */
  list(kind: FakeKind, namespace: string | undefined): readonly FakeObject[] {
    const prefix = `${kind.group}/${kind.plural}/${namespace === undefined ? '' : `${namespace}/`}`;
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  get(place: FakePlace): FakeObject {
    const found = this.#objects.get(keyOf(place));
    if (found !== undefined) return found;
    throw new FakeRefusal(404, 'NotFound', `${describeObject(place.kind, place.name)} not found`);
  }

  create(kind: FakeKind, namespace: string | undefined, object: FakeObject): FakeObject {
    const { generateName, ...metadata } = object.metadata as FakeMetadata & {
      readonly generateName?: string;
    };
    const name = metadata.name ?? (generateName === undefined ? undefined : generateName + randomSuffix());
    if (name === undefined) {
      const message = `${kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`;
      throw new FakeRefusal(422, 'Invalid', message);
    }
    if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
      const message = 'the namespace of the provided object does not match the namespace sent on the request';
      throw new FakeRefusal(400, 'BadRequest', message);
    }
    const place = { kind, namespace, name };
    this.#requireNamespace(namespace);
    if (this.#objects.has(keyOf(place))) {
      throw new FakeRefusal(409, 'AlreadyExists', `${describeObject(kind, name)} already exists`);
    }
    return this.#write(place, {
      ...withoutAbsent({ ...object, ...(kind.hasStatus ? { status: undefined } : {}) }),
      metadata: {
        ...metadata,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: randomUUID(),
        creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
        ...(kind.hasStatus ? { generation: 1 } : {}),
      },
    });
  }

  /** What a test starts from: taken as it is, with status and times, whoever it belongs to. */
  seed(kind: FakeKind, object: FakeObject): void {
    const { name = '', namespace } = object.metadata;
    if (namespace !== undefined) this.#seedNamespace(namespace);
    this.#write({ kind, namespace: kind.isNamespaced ? namespace : undefined, name }, object);
  }

  /** Takes the object's status only, or all but its status. A version in it must be the one it replaces. */
  replace(place: FakePlace, object: FakeObject, part: 'object' | 'status'): FakeObject {
    const before = this.get(place);
    const sent = object.metadata.resourceVersion;
    if (sent === undefined && place.kind.needsVersion) {
      const what = `${describeObject(place.kind, place.name)} is invalid: metadata.resourceVersion`;
      throw new FakeRefusal(422, 'Invalid', `${what}: Invalid value: 0: must be specified for an update`);
    }
    if (sent !== undefined && sent !== before.metadata.resourceVersion) throw conflict(place);
    const after = merge(place.kind, before, { object, part });
    if (isDeepStrictEqual(after, before)) return before;
    if (after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0) {
      return this.#discard(place, after);
    }
    return this.#write(place, after);
  }

  mergePatch(place: FakePlace, patch: unknown, part: 'object' | 'status'): FakeObject {
    const before = this.get(place);
    const patched = applyMergePatch(before, patch) as FakeObject;
    return this.replace(place, patched, part);
  }

  /** Marks an object that has finalizers; it goes with the last of them. */
  remove(place: FakePlace, version: string | undefined): FakeObject {
    const before = this.get(place);
    if (version !== undefined && version !== before.metadata.resourceVersion) throw conflict(place);
    if ((before.metadata.finalizers ?? []).length === 0) return this.#discard(place, before);
    if (before.metadata.deletionTimestamp !== undefined) return before;
    const metadata = { ...before.metadata, deletionTimestamp: new Date().toISOString() };
    return this.#write(place, { ...before, metadata });
  }

  /** @throws FakeRefusal 410 where they are forgotten */
  changesSince(version: number): readonly FakeChange[] {
    if (version < this.#oldest) {
      throw new FakeRefusal(410, 'Expired', `too old resource version: ${version} (${this.#oldest})`);
    }
    return this.#history.filter((change) => change.version > version);
  }

  /** Takes every later change, until the function it gives is called. */
  subscribe(take: (change: FakeChange) => void): () => void {
    this.#watchers.add(take);
    return () => this.#watchers.delete(take);
  }

  /** As etcd's compaction does. */
  forget(): void {
    this.#history = [];
    // Writes nobody sees: what a client saw last is from before what is remembered.
    this.#version += 10;
    this.#oldest = this.#version;
  }

  #write(place: FakePlace, object: FakeObject): FakeObject {
    const before = this.#objects.get(keyOf(place));
    this.#version += 1;
    const after = {
      ...object,
      apiVersion: apiVersionOf(place.kind),
      kind: place.kind.kind,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    };
    this.#objects.set(keyOf(place), after);
    this.#announce({ version: this.#version, kind: place.kind, before, after });
    return after;
  }

  #discard(place: FakePlace, object: FakeObject): FakeObject {
    this.#objects.delete(keyOf(place));
    this.#version += 1;
    const before = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#announce({ version: this.#version, kind: place.kind, before, after: undefined });
    return before;
  }

  #announce(change: FakeChange): void {
    this.#history.push(change);
    for (const take of this.#watchers) take(change);
  }

  #requireNamespace(namespace: string | undefined): void {
    const kind = findKind('namespaces');
    if (kind !== undefined && namespace !== undefined)
      this.get({ kind, namespace: undefined, name: namespace });
  }

  #seedNamespace(name: string): void {
    const kind = findKind('namespaces');
    if (kind === undefined || this.#objects.has(keyOf({ kind, namespace: undefined, name }))) return;
    this.#write({ kind, namespace: undefined, name }, { metadata: { name } });
  }
}

function keyOf({ kind, namespace = '', name }: FakePlace): string {
  return `${kind.group}/${kind.plural}/${namespace}/${name}`;
}

function conflict({ kind, name }: FakePlace): FakeRefusal {
  const advice =
    'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on ${describeObject(kind, name)}: ${advice}`;
  return new FakeRefusal(409, 'Conflict', message);
}

function merge(
  kind: FakeKind,
  before: FakeObject,
  { object, part }: { readonly object: FakeObject; readonly part: 'object' | 'status' },
): FakeObject {
  if (part === 'status') return { ...before, status: object.status };
  const { uid, creationTimestamp, deletionTimestamp, resourceVersion, generation } = before.metadata;
  const isChanged = !isDeepStrictEqual(contentOf(object), contentOf(before));
  const counted = generation === undefined ? generation : generation + (isChanged ? 1 : 0);
  const kept = { uid, creationTimestamp, deletionTimestamp, resourceVersion, generation: counted };
  return {
    ...withoutAbsent({ ...object, ...(kind.hasStatus ? { status: before.status } : {}) }),
    metadata: { ...object.metadata, ...withoutAbsent(kept) },
  };
}

/** What a generation counts the changes of. */
function contentOf(object: FakeObject): object {
  return withoutAbsent({ ...object, metadata: undefined, status: undefined });
}

function withoutAbsent(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** Source: RFC 7396. */
function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function randomSuffix(): string {
  return randomUUID().slice(0, 5);
}
