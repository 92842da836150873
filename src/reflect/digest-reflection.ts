import type { ImagePolicySpec, ImageRef } from '../api/image-policy.ts';

export type DigestDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'keep'; readonly digest: string }
  | { readonly kind: 'ask' };

/** Whether the digest of what is selected must be asked for. Source: Flux, `spec.digestReflectionPolicy`. */
export function decideDigest(
  { digestReflectionPolicy }: Pick<ImagePolicySpec, 'digestReflectionPolicy'>,
  published: ImageRef | undefined,
  next: Pick<ImageRef, 'name' | 'tag'>,
): DigestDecision {
  if (digestReflectionPolicy === 'Never') return { kind: 'none' };
  if (digestReflectionPolicy === 'Always') return { kind: 'ask' };
  const isSame = published?.name === next.name && published.tag === next.tag;
  return isSame && published.digest !== undefined
    ? { kind: 'keep', digest: published.digest }
    : { kind: 'ask' };
}

/** What was there before, where it was something else: a digest that only appears or goes is no change. */
export function previousRef(
  published: ImageRef | undefined,
  next: ImageRef,
  known: ImageRef | undefined,
): ImageRef | undefined {
  if (published === undefined) return known;
  const isOther = published.name !== next.name || published.tag !== next.tag;
  const isMoved =
    published.digest !== undefined && next.digest !== undefined && published.digest !== next.digest;
  return isOther || isMoved ? published : known;
}
