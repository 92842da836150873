import { parsePolicyWishes } from '../api/annotations.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import type { ImageRepository, ImageRepositorySpec } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import type { ListView } from '../reflect/known-lists.ts';
import type { WantedPolicy } from '../reflect/offer-tag.ts';
import type { ReflectedImage } from '../reflect/reflected-image.ts';
import { fingerprintOf, type ReflectedPolicy, reflectPolicy } from '../reflect/selection-policy.ts';
import type { ListKey } from '../reflect/tag-list.ts';
import { keyOf, type ObjectStore } from './object-store.ts';

/** One ImageRepository, understood, and where the ledger keeps its tags. */
export type ViewedRepository = {
  readonly repository: ImageRepository;
  readonly spec: Pick<ImageRepositorySpec, 'exclusionList'>;
  readonly image: Pick<ReflectedImage, 'canonicalName'>;
  readonly listKey: ListKey;
};

/** The tags an ImageRepository sees, and every ImagePolicy that chooses from them. */
export function viewOf(
  policies: Pick<ObjectStore<ImagePolicy>, 'referringTo'>,
  viewed: ViewedRepository,
): ListView {
  const { repository, spec, listKey } = viewed;
  const repositoryKey = keyOf(repository);
  return {
    key: listKey,
    exclusionList: spec.exclusionList,
    policies: () =>
      [...policies.referringTo(repositoryKey)]
        .map((policy) => choiceOf(policy, viewed))
        .filter((wanted) => wanted !== undefined),
  };
}

/** Undefined where a policy chooses nothing as it is now. */
function choiceOf(policy: ImagePolicy, viewed: ViewedRepository): WantedPolicy | undefined {
  const { spec, meta } = policy;
  if (spec instanceof FieldError || spec.suspend || meta.isBeingDeleted) return undefined;
  const reflected = reflectPolicy(spec);
  return 'problem' in reflected ? undefined : wantedOf(policy, reflected, viewed);
}

/** What an ImagePolicy asks of the tags. */
export function wantedOf(
  policy: ImagePolicy,
  reflected: ReflectedPolicy,
  { spec, image }: Pick<ViewedRepository, 'spec' | 'image'>,
): WantedPolicy {
  const { minimumAgeMs } = parsePolicyWishes(policy.meta.annotations);
  return {
    name: keyOf(policy),
    fingerprint: fingerprintOf(reflected.policy, image.canonicalName, spec.exclusionList),
    policy: minimumAgeMs === undefined ? reflected.policy : { ...reflected.policy, minimumAgeMs },
  };
}
