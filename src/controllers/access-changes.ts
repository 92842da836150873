import { createHash } from 'node:crypto';
import type { ImageRepository, ImageRepositorySpec } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import type { KubernetesClient } from '../cluster/kubernetes-client.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';
import { describeError } from '../errors.ts';
import type { AccessPlaces, AccessSource } from '../reflect/access-secrets.ts';
import { ReflectError } from '../reflect/errors.ts';
import { parseReflectedImage } from '../reflect/reflected-image.ts';
import { type ReadAccess, readRegistryAccess } from '../reflect/registry-access.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';

/** From a change until it is looked at: who changes a Secret often changes two. */
const settleMs = 300;

/** Between looks, however often Secrets change. */
const restMs = 2000;

/** For all reading of one look at one repository. */
const lookMsMax = 30_000;

/** What an ImageRepository's access is read for: a scan, one tag, or to see whether a scan could be. */
export type AccessPurpose = 'scan' | 'digest' | 'look';

export type AccessSubject = {
  readonly repository: ImageRepository;
  readonly spec: ImageRepositorySpec;
  /** Host of the registry. */
  readonly host: string;
};

/**
 * Which Secrets and ServiceAccounts each repository's way to its registry was read from, and whether it is another
 * by now. Holds names and checksums, no secrets.
 */
export interface AccessChanges {
  /** @throws ReflectError `ACCESS_UNUSABLE`; ClusterError */
  read(subject: AccessSubject, purpose: AccessPurpose, signal: AbortSignal): Promise<ReadAccess>;
  /** Whether the last scan went another way than the next one will. */
  isOther(repositoryKey: string): boolean;
  /** A source appeared, is another than before, or is gone: whoever was read from it is looked at soon. */
  sourceChanged(source: AccessSource & { readonly namespace: string }): void;
  /** Any source may be another than before. */
  anySourceChanged(): void;
  forget(repositoryKey: string): void;
  close(): void;
}

type Known = {
  /** Texts of sources. */
  readonly sources: Set<string>;
  /** Of what the last scan was given; why it was given nothing, where it was not. */
  fingerprint: string | undefined;
  isOther: boolean;
  /** It is being read for a scan. */
  isBeingRead: boolean;
};

export type AccessChangesPlaces = Pick<Term, 'client' | 'repositories' | 'options' | 'timing' | 'log'> & {
  readonly wake: (repositoryKey: string) => void;
};

export function makeAccessChanges(places: AccessChangesPlaces): AccessChanges {
  const { timing } = places;
  const known = new Map<string, Known>();
  const readers = new Map<string, Set<string>>();
  const due = new Set<string>();
  const closing = new AbortController();
  let callOff: (() => void) | undefined;
  let isLooking = false;
  let endedMs = Number.NEGATIVE_INFINITY;

  async function read(
    { repository, spec, host }: AccessSubject,
    signal: AbortSignal,
    client: AccessPlaces['client'] = places.client,
  ): Promise<{ read: ReadAccess | undefined; fingerprint: string; error?: unknown }> {
    const key = keyOf(repository);
    const onLook = (source: AccessSource): void =>
      noteSource(key, textOf({ ...source, namespace: repository.meta.namespace }));
    try {
      const access = await readRegistryAccess(spec, host, {
        client,
        namespace: repository.meta.namespace,
        defaultServiceAccount: places.options.defaultServiceAccount,
        hasObjectIdentity: places.options.hasObjectIdentity,
        signal,
        onLook,
      });
      return { read: access, fingerprint: fingerprintOf(access) };
    } catch (error) {
      if (!(error instanceof ReflectError)) throw error;
      return { read: undefined, fingerprint: error.message, error };
    }
  }

  function noteSource(key: string, source: string): void {
    knownOf(key).sources.add(source);
    const keys = readers.get(source) ?? new Set();
    keys.add(key);
    readers.set(source, keys);
  }

  function knownOf(key: string): Known {
    const one = known.get(key) ?? {
      sources: new Set(),
      fingerprint: undefined,
      isOther: false,
      isBeingRead: false,
    };
    known.set(key, one);
    return one;
  }

  function forget(key: string): void {
    for (const source of known.get(key)?.sources ?? []) {
      const keys = readers.get(source);
      keys?.delete(key);
      if (keys?.size === 0) readers.delete(source);
    }
    known.delete(key);
    due.delete(key);
  }

  function schedule(): void {
    if (callOff !== undefined || isLooking || due.size === 0 || closing.signal.aborted) return;
    const afterMs = Math.max(settleMs, endedMs + restMs - timing.elapsedMs());
    callOff = timing.schedule(afterMs, () => {
      callOff = undefined;
      isLooking = true;
      void lookAtAll().finally(() => {
        isLooking = false;
        endedMs = timing.elapsedMs();
        schedule();
      });
    });
  }

  /** One after another: many repositories may share one Secret, which is then read once. */
  async function lookAtAll(): Promise<void> {
    const client = readingOnce(places.client);
    const keys = [...due];
    due.clear();
    for (const key of keys) {
      if (closing.signal.aborted) return;
      try {
        if (await isAnother(key, client)) places.wake(key);
      } catch (error) {
        if (!closing.signal.aborted) {
          places.log.write('debug', `cannot look at the access of ${key}: ${describeError(error)}`);
          due.add(key);
        }
      }
    }
  }

  async function isAnother(key: string, client: AccessPlaces['client']): Promise<boolean> {
    const one = known.get(key);
    const repository = places.repositories.get(key);
    if (one === undefined || repository === undefined) return false;
    const { spec } = repository;
    if (spec instanceof FieldError || spec.suspend) return false;
    const image = parseReflectedImage(spec.image);
    if ('problem' in image) return false;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(lookMsMax)]);
    const { fingerprint } = await read({ repository, spec, host: image.repository.registry }, signal, client);
    one.isOther = one.fingerprint !== fingerprint;
    return one.isOther;
  }

  return {
    async read(subject, purpose, signal) {
      const key = keyOf(subject.repository);
      // What is read anew may need other sources than before.
      if (purpose === 'scan') {
        forget(key);
        knownOf(key).isBeingRead = true;
      }
      const { read: access, fingerprint, error } = await read(subject, signal);
      const one = knownOf(key);
      if (purpose === 'scan') Object.assign(one, { fingerprint, isOther: false, isBeingRead: false });
      // After a restart: what the last scan was given is not known, and was most likely this.
      if (purpose === 'look') one.fingerprint ??= fingerprint;
      if (access === undefined) throw error;
      return access;
    },
    isOther: (key) => known.get(key)?.isOther === true,
    sourceChanged(source) {
      for (const key of readers.get(textOf(source)) ?? []) due.add(key);
      schedule();
    },
    anySourceChanged() {
      // What was not scanned since the start has nothing to be compared with, and failed at nothing.
      for (const [key, { fingerprint, isBeingRead }] of known) {
        if (fingerprint !== undefined || isBeingRead) due.add(key);
      }
      schedule();
    },
    forget,
    close() {
      closing.abort(new Error('stopped'));
      callOff?.();
    },
  };
}

function textOf({ kind, namespace, name }: AccessSource & { readonly namespace: string }): string {
  return `${kind}/${formatNamespacedName({ namespace, name })}`;
}

/** A checksum of all that decides how the registry is reached. */
function fingerprintOf({ access, question }: ReadAccess): string {
  const { pullSecrets, tls, proxy, allowsPlainHttp } = access;
  const { registry, account } = question ?? {};
  const text = JSON.stringify([pullSecrets, tls, proxy?.href, allowsPlainHttp, registry, account]);
  return createHash('sha256').update(text).digest('hex');
}

/** Each object is read once, and the answer told to all who ask. */
function readingOnce(client: KubernetesClient): AccessPlaces['client'] {
  const answers = new Map<string, ReturnType<KubernetesClient['read']>>();
  return {
    requestToken: (...words) => client.requestToken(...words),
    read(kind, name, signal) {
      const key = `${kind.plural}/${formatNamespacedName(name)}`;
      const answer = answers.get(key) ?? client.read(kind, name, signal);
      answers.set(key, answer);
      return answer;
    },
  };
}
