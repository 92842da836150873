import type { Fault, FaultRule } from '../../src/registry-server/fault.ts';
import type { KubernetesObject } from './objects.ts';

/** What a user and a registry do, one after the other, with looks at what the controller made of it. */
export type Scenario = {
  /** A sentence; the namespace is made of it. */
  readonly name: string;
  /** More flags of the controller, which is started anew for the scenarios that share them. */
  readonly flags?: readonly string[];
  readonly steps: readonly Step[];
};

/** Which requests a fault is for; where `below` is given, those of the repository `open.test/image/BELOW`. */
export type Rule = Omit<FaultRule, 'fault'> & { readonly below?: string };

export type Step =
  /** The scenario's repository, or one below it, holds these tags and no others, in all registries. */
  | { readonly kind: 'tags'; readonly tags: readonly string[]; readonly below?: string }
  /** The tag holds another image from now on. */
  | { readonly kind: 'push-again'; readonly tag: string }
  /** From now on, in all registries; it takes the place of an earlier one of the same repository. */
  | { readonly kind: 'fault'; readonly fault: Fault | undefined; readonly rule: Rule }
  | { readonly kind: 'apply'; readonly objects: readonly KubernetesObject[] }
  /** A merge patch. */
  | { readonly kind: 'patch'; readonly object: string; readonly patch: object }
  | { readonly kind: 'delete'; readonly object: string }
  /** Asks for a reconciliation, as `flux reconcile` does. */
  | { readonly kind: 'request'; readonly object: string }
  /** Ends the controller and starts it again, with its store or with an empty one. */
  | { readonly kind: 'restart'; readonly store: 'kept' | 'lost' }
  /** Waits until nothing changes any more and takes down all that can be seen. */
  | { readonly kind: 'look'; readonly name: string }
  /** Runs a program and takes down, under this name, what it prints and how it ends. */
  | { readonly kind: 'run'; readonly name: string; readonly command: Command };

/** `applying` is what kubectl says of an object that the API server may refuse. */
export type Command =
  | { readonly program: 'kubectl' | 'flux'; readonly words: readonly string[] }
  | { readonly program: 'applying'; readonly object: KubernetesObject }
  /** Names and labels of what is served to Prometheus under these names. */
  | { readonly program: 'metrics'; readonly names: RegExp };

export const tags = (...names: readonly string[]): Step => ({ kind: 'tags', tags: names });
/** Of the repository `open.test/image/BELOW`. */
export const tagsOf = (below: string, ...names: readonly string[]): Step => ({
  kind: 'tags',
  tags: names,
  below,
});
export const pushAgain = (tag: string): Step => ({ kind: 'push-again', tag });
export const fault = (one: Fault | undefined, rule: Rule = {}): Step => ({
  kind: 'fault',
  fault: one,
  rule,
});
export const apply = (...objects: readonly KubernetesObject[]): Step => ({ kind: 'apply', objects });
export const patch = (object: string, change: object): Step => ({ kind: 'patch', object, patch: change });
export const remove = (object: string): Step => ({ kind: 'delete', object });
export const request = (object: string): Step => ({ kind: 'request', object });
export const restart = (store: 'kept' | 'lost'): Step => ({ kind: 'restart', store });
export const look = (name: string): Step => ({ kind: 'look', name });
export const run = (name: string, command: Command): Step => ({ kind: 'run', name, command });
export const kubectl = (text: string): Step =>
  run(`kubectl ${text}`, { program: 'kubectl', words: text.split(' ') });
export const flux = (text: string): Step => run(`flux ${text}`, { program: 'flux', words: text.split(' ') });
export const applying = (name: string, object: KubernetesObject): Step =>
  run(name, { program: 'applying', object });
