/**
 * Room `api`: the kinds we serve, `image.toolkit.fluxcd.io/v1` ImageRepository and ImagePolicy, as Flux defines
 * them: their specs read from foreign objects, the shapes of their status, conditions, reasons, annotations, and
 * the schema their CustomResourceDefinitions are generated from. Pure; may import rung 0 only.
 *
 * Invariants: Flux's schema is untouched, what is ours stands in annotations and conditions under `holdfast.dev/`;
 * what cannot be understood is an error that says which field, never a guess.
 */
import type { ImagePolicy } from './image-policy.ts';
import type { ImageRepository } from './image-repository.ts';

export const apiGroup = 'image.toolkit.fluxcd.io';
export const apiVersion = 'v1';

/** Where the API serves a kind; the shape of `cluster`'s ResourceKind. */
export const imageRepositories = {
  group: apiGroup,
  version: apiVersion,
  kind: 'ImageRepository',
  plural: 'imagerepositories',
} as const;

export const imagePolicies = {
  group: apiGroup,
  version: apiVersion,
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
} as const;

/** Kept on both kinds until the controller has seen their deletion, as Flux's reflector does. */
export const finalizer = 'finalizers.fluxcd.io';

export type ReflectedObject = ImageRepository | ImagePolicy;
