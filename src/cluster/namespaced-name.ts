import { textAt } from './foreign-value.ts';
import type { KubernetesObject, NamespacedName } from './kubernetes-client.ts';

/** Where an object is. The namespace is empty for kinds that have none. */
export function namespacedNameOf({ metadata }: KubernetesObject): NamespacedName {
  return { namespace: textAt(metadata, 'namespace') ?? '', name: textAt(metadata, 'name') ?? '' };
}

/** `namespace/name`: a key for maps and queues, as people write it. No name holds a slash. */
export function formatNamespacedName({ namespace, name }: NamespacedName): string {
  return `${namespace}/${name}`;
}

/** What `formatNamespacedName` wrote. */
export function parseNamespacedName(text: string): NamespacedName {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, Math.max(0, slash)), name: text.slice(slash + 1) };
}
