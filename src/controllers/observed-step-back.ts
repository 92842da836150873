import { formatInstant } from '../clock.ts';
import type { Candidacy, Election } from './elect-tag.ts';

/**
 * Beside Flux: what its reflector wrote although our ledger knows a higher selection under the same policy.
 * Undefined where nothing went back, or a person consented to it.
 */
export function describeStepBack(
  { policy, reflected, wishes }: Candidacy,
  { recorded, fingerprint }: Election,
): string | undefined {
  const written = policy.status.latestRef?.tag;
  if (written === undefined || recorded?.policy !== fingerprint || wishes.consent?.tag === written)
    return undefined;
  if (reflected.ranking.ranksAbove({ tag: recorded.tag }, { tag: written }) !== true) return undefined;
  const since = formatInstant(recorded.selectedAt);
  return `would refuse: status.latestRef went back to ${written}, which ranks below ${recorded.tag}, selected since ${since} under policy ${fingerprint}`;
}
