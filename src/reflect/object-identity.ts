import type { ImageRepositorySpec } from '../api/image-repository.ts';

/**
 * Why an ImageRepository may not act as its ServiceAccount towards its cloud, in Flux's words; undefined where it may,
 * or does not want to.
 * @param about whose condition says it: the ImageRepository's own, or a policy's
 */
export function findGateProblem(
  { provider, serviceAccountName }: ImageRepositorySpec,
  hasObjectIdentity: boolean,
  about: 'ImageRepository' | 'ImagePolicy',
): string | undefined {
  if (hasObjectIdentity || provider === 'generic' || serviceAccountName === undefined) return undefined;
  const field = `spec.serviceAccountName${about === 'ImagePolicy' ? ' in the ImageRepository' : ''}`;
  return `to use ${field} for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller`;
}
