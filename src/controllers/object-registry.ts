import type { ReflectedImage } from '../reflect/reflected-image.ts';
import { issueRegistryAccess } from '../reflect/registry-access.ts';
import { describeRegistryFailure } from '../reflect/registry-advice.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { AccessPurpose, AccessSubject } from './access-changes.ts';
import type { Term } from './reflector.ts';

/** A registry as one object reaches it. */
export type ObjectRegistry = {
  readonly reader: RegistryReader;
  /** What it failed with, and what to do about it in the object's own terms. */
  readonly describeFailure: (error: unknown) => string;
};

/**
 * The registry as an ImageRepository reaches it now, with the credentials it names or its cloud issues.
 * @throws ReflectError `ACCESS_UNUSABLE`; ClusterError; the signal's reason
 */
export async function openObjectRegistry(
  term: Pick<Term, 'access' | 'clouds' | 'registries' | 'options'>,
  { image, ...subject }: Omit<AccessSubject, 'host'> & { readonly image: Pick<ReflectedImage, 'repository'> },
  { purpose, signal }: { readonly purpose: AccessPurpose; readonly signal: AbortSignal },
): Promise<ObjectRegistry> {
  const { repository: imageRepository } = image;
  const read = await term.access.read({ ...subject, host: imageRepository.registry }, purpose, signal);
  const { access } = read;
  const way = {
    repository: imageRepository,
    spec: subject.spec,
    namespace: subject.repository.meta.namespace,
    access,
  };
  return {
    reader: term.registries.clientFor(await issueRegistryAccess(read, term.clouds, signal)),
    describeFailure: (error) => describeRegistryFailure(error, way),
  };
}
