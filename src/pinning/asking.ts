import type { Clock } from '../clock.ts';
import type { RegistryReader } from '../registry/registry-client.ts';

/** What asking registries takes. */
export type Asking = {
  readonly registry: RegistryReader;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
};

/** The options of one request: the key is absent where there is no signal. */
export function requestOptions(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
