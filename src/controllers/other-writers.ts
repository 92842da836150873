import type { Clock } from '../clock.ts';
import { type ForeignObject, objectsAt, textAt } from '../cluster/foreign-value.ts';
import type { KubernetesObject, ResourceKind } from '../cluster/kubernetes-client.ts';
import { formatNamespacedName, namespacedNameOf } from '../cluster/namespaced-name.ts';
import type { Log } from '../log.ts';
import { fieldManager } from './own-statuses.ts';
import { makeRareWarning } from './rare-warning.ts';

export interface OtherWriters {
  /** To be called with every version of an object. `isNew`: none of it was seen before. */
  look(kind: ResourceKind, object: KubernetesObject, isNew: boolean): void;
}

/**
 * Notices that somebody else writes the status of an object that we write: Flux's own reflector that was left
 * running, most often, and then both write in turn, for good. What was written before we looked is no fight: that
 * is how an object comes over.
 */
export function makeOtherWriters(places: { readonly log: Log; readonly clock: Clock }): OtherWriters {
  const warn = makeRareWarning(places);
  // The newest that was seen of all objects: enough to tell what is new, whatever their number.
  let lastAt = '';

  return {
    look(kind, object, isNew) {
      const managers = objectsAt(object.metadata, 'managedFields').filter(isOfStatus);
      const ours = managers.find((one) => textAt(one, 'manager') === fieldManager);
      for (const other of managers) {
        const at = timeOf(other);
        if (other === ours || at <= lastAt) continue;
        lastAt = at;
        const isFight = !isNew && ours !== undefined && at >= timeOf(ours);
        if (!isFight) continue;
        const name = formatNamespacedName(namespacedNameOf(object));
        warn(`${textAt(other, 'manager') ?? 'somebody'} writes the status of ${kind.kind} ${name} too`, {
          at,
          hint: "let one controller write: scale Flux's image-reflector-controller to 0, or start this one with --observe",
        });
      }
    },
  };
}

function isOfStatus(entry: ForeignObject): boolean {
  return textAt(entry, 'subresource') === 'status';
}

/** RFC 3339 in UTC with whole seconds, as the API server writes it: orders as text. */
function timeOf(entry: ForeignObject): string {
  return textAt(entry, 'time') ?? '';
}
