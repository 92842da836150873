import type { ReflectedObject } from '../api/api.ts';
import type { Clock } from '../clock.ts';
import { objectsAt, textAt } from '../cluster/foreign-value.ts';
import type { KubernetesObject } from '../cluster/kubernetes-client.ts';
import type { Log } from '../log.ts';
import { isLaterVersion, keyOf } from './object-store.ts';
import { makeRareWarning } from './rare-warning.ts';

/** How what we write is signed in `metadata.managedFields`. Not as Flux does: its hand beside ours is told by it. */
export const fieldManager = 'holdfast';

/** What came of a write: the object as it is now, or why there is none. */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: KubernetesObject }
  /** Nothing was written. */
  | { readonly kind: 'refused' }
  /** No answer, or one that leaves it open. */
  | { readonly kind: 'unknown' };

/**
 * The statuses that this process wrote last. One that is signed as ours and was written later, while the object is
 * ours, is another Holdfast's: two replicas without leader election, most often. Of an object that this process has
 * not written since it came to own it nothing is said: whoever owned it before wrote it by right.
 */
export interface OwnStatuses {
  /** A status is being written; the answer takes what came of it. */
  begin(object: ReflectedObject): (outcome: WriteOutcome) => void;
  /** To be called with every version of an object, as the cluster tells it and as it is understood. */
  look(told: KubernetesObject, object: ReflectedObject, isOurs: () => boolean): void;
  /** It is gone, or another replica may write it from now on. */
  forget(kind: ReflectedObject['kind'], key: string): void;
  forgetAll(): void;
}

type Signature = { readonly resourceVersion: string; readonly at: string };

type Entry = {
  /** The last that we wrote, as far as we know. */
  own: Signature | undefined;
  isUnderWay: boolean;
  /** Told during the write: ours, or another's. */
  seen: Signature | undefined;
};

export function makeOwnStatuses(places: { readonly log: Log; readonly clock: Clock }): OwnStatuses {
  const entries = new Map<string, Entry>();
  const warn = makeRareWarning(places);

  function judge(id: string, own: Signature | undefined, seen: Signature | undefined): void {
    // Within one second, as they are signed, nobody can tell; a fight goes on.
    if (own === undefined || seen === undefined || seen.at <= own.at) return;
    if (!isLaterVersion(seen.resourceVersion, own.resourceVersion)) return;
    warn(`another Holdfast writes the status of ${id} too`, {
      at: seen.at,
      hint: 'run one replica, or give all of them --enable-leader-election, or --replicas-active=all with one PostgreSQL',
    });
  }

  return {
    begin(object) {
      const id = idOf(object.kind, keyOf(object));
      const entry: Entry = { own: entries.get(id)?.own, isUnderWay: true, seen: undefined };
      entries.set(id, entry);
      return (outcome) => {
        entry.isUnderWay = false;
        if (entries.get(id) !== entry) return;
        if (outcome.kind === 'written') entry.own = signatureOf(outcome.object);
        // It may have been written all the same, and would look like another's.
        else if (outcome.kind === 'unknown') entry.own = undefined;
        judge(id, entry.own, entry.seen);
      };
    },

    look(told, object, isOurs) {
      const id = idOf(object.kind, keyOf(object));
      const entry = entries.get(id);
      if (entry === undefined) return;
      if (!isOurs()) entries.delete(id);
      else if (entry.isUnderWay) entry.seen = signatureOf(told);
      else judge(id, entry.own, signatureOf(told));
    },

    forget: (kind, key) => void entries.delete(idOf(kind, key)),
    forgetAll: () => entries.clear(),
  };
}

function idOf(kind: ReflectedObject['kind'], key: string): string {
  return `${kind} ${key}`;
}

/** When a status of this version was last signed as ours: RFC 3339 in UTC with whole seconds, which orders as text. */
function signatureOf({ metadata }: KubernetesObject): Signature | undefined {
  const entry = objectsAt(metadata, 'managedFields').find(
    (one) => textAt(one, 'subresource') === 'status' && textAt(one, 'manager') === fieldManager,
  );
  const at = entry && textAt(entry, 'time');
  const resourceVersion = textAt(metadata, 'resourceVersion');
  return at === undefined || resourceVersion === undefined ? undefined : { at, resourceVersion };
}
