import { issueRegistryAccess } from '../reflect/registry-access.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { AccessPurpose, AccessSubject } from './access-changes.ts';
import type { Term } from './reflector.ts';

/**
 * The registry as an ImageRepository reaches it now, with the credentials it names or its cloud issues.
 * @throws ReflectError `ACCESS_UNUSABLE`; ClusterError; the signal's reason
 */
export async function openObjectRegistry(
  term: Pick<Term, 'access' | 'clouds' | 'registries'>,
  subject: AccessSubject,
  { purpose, signal }: { readonly purpose: AccessPurpose; readonly signal: AbortSignal },
): Promise<RegistryReader> {
  const read = await term.access.read(subject, purpose, signal);
  return term.registries.clientFor(await issueRegistryAccess(read, term.clouds, signal));
}
