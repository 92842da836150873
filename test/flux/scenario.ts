import type { Fault } from '../../src/registry-server/fault.ts';
import type { KubernetesObject } from './objects.ts';

/** What a user and a registry do, one after the other, with looks at what the controller made of it. */
export type Scenario = {
  /** A sentence; the namespace is made of it. */
  readonly name: string;
  readonly steps: readonly Step[];
};

export type Step =
  /** The scenario's repository holds these tags and no others, in both registries. */
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  /** From now on, in both registries; it takes the place of an earlier one. */
  | { readonly kind: 'fault'; readonly fault: Fault | undefined }
  | { readonly kind: 'apply'; readonly objects: readonly KubernetesObject[] }
  /** A merge patch. */
  | { readonly kind: 'patch'; readonly object: string; readonly patch: object }
  | { readonly kind: 'delete'; readonly object: string }
  /** Asks for a reconciliation, as `flux reconcile` does. */
  | { readonly kind: 'request'; readonly object: string }
  /** Waits until nothing changes any more and takes down all that can be seen. */
  | { readonly kind: 'look'; readonly name: string };

export const tags = (...names: readonly string[]): Step => ({ kind: 'tags', tags: names });
export const fault = (one: Fault | undefined): Step => ({ kind: 'fault', fault: one });
export const apply = (...objects: readonly KubernetesObject[]): Step => ({ kind: 'apply', objects });
export const patch = (object: string, change: object): Step => ({ kind: 'patch', object, patch: change });
export const remove = (object: string): Step => ({ kind: 'delete', object });
export const request = (object: string): Step => ({ kind: 'request', object });
export const look = (name: string): Step => ({ kind: 'look', name });
