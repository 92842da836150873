import { inOrder } from '../declared/in-order.ts';
import { HoldfastError } from '../errors.ts';
import { isPublished } from '../ledger/history.ts';
import { imageContents } from '../ledger/image-contents.ts';
import type { LedgerReader, LedgerWriter, Sighting } from '../ledger/ledger.ts';
import { type Reference, sayOf } from '../reference/reference.ts';
import type { RegistryReader } from '../registry/registry-client.ts';

/** What a registry said of a tag, and whether its digest was computed from bytes already. */
export type Told = {
  readonly reference: Reference;
  readonly sighting: Sighting;
  readonly isComputed: boolean;
};

/** A sighting that may be recorded, or why it may not. */
type Confirmation =
  | { readonly kind: 'confirmed'; readonly sighting: Sighting }
  | {
      readonly kind: 'unconfirmed';
      readonly message: string;
      /** The registry's own bytes say otherwise; where not, they could not be had. */
      readonly isContradicted: boolean;
    }
  /** Cancelled before it could be confirmed. */
  | { readonly kind: 'interrupted' };

export type ConfirmDependencies = {
  readonly registry: Pick<RegistryReader, 'getManifest'>;
  readonly ledger: Pick<LedgerReader, 'listObservations'> & Pick<LedgerWriter, 'recordIndex'>;
  readonly signal: AbortSignal;
};

/** Manifests fetched at once; the registry client holds back what is too much for one host. */
const aheadMax = 16;

/**
 * What a header said, as far as it is known to be true: a digest that the ledger has as the tag's last one is
 * believed; one that is new or changed is computed from the manifest's bytes, since a registry that lies must not
 * make history. Fetching counts against quotas, asking by HEAD does not: so only what is new is fetched.
 * After the signal, nothing more is fetched.
 * @throws LedgerError
 */
export function confirmSightings(
  dependencies: ConfirmDependencies,
  told: readonly Told[],
): AsyncIterable<Confirmation> {
  return inOrder(confirming(dependencies, told), aheadMax);
}

async function* confirming(
  dependencies: ConfirmDependencies,
  told: readonly Told[],
): AsyncGenerator<() => Promise<Confirmation>> {
  for (const one of told) yield () => confirm(dependencies, one);
}

async function confirm(
  { registry, ledger, signal }: ConfirmDependencies,
  { reference, sighting, isComputed }: Told,
): Promise<Confirmation> {
  if (isComputed) return { kind: 'confirmed', sighting };
  const { repository, tag, digest } = sighting;
  const observations = await ledger.listObservations(repository, tag);
  const last = observations.findLast((one) => isPublished(one.source));
  if (last?.digest === digest) return { kind: 'confirmed', sighting };
  if (signal.aborted) return { kind: 'interrupted' };
  try {
    const fetched = await registry.getManifest(repository, tag, { signal });
    if (fetched === undefined) {
      const message = `${reference.original}: the registry says ${digest} and does not have it`;
      return { kind: 'unconfirmed', message, isContradicted: true };
    }
    await ledger.recordIndex(imageContents(fetched.digest, fetched.manifest));
    return { kind: 'confirmed', sighting: { ...sighting, digest: fetched.digest } };
  } catch (error) {
    if (signal.aborted) return { kind: 'interrupted' };
    if (!(error instanceof HoldfastError) || error.code.startsWith('LEDGER')) throw error;
    return {
      kind: 'unconfirmed',
      message: sayOf(reference, error.message),
      isContradicted: error.code === 'DIGEST_MISMATCH',
    };
  }
}
