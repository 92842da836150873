import { UsageError } from '../errors.ts';

export type ListenAddress = {
  /** Undefined for every address of this machine. */
  readonly host: string | undefined;
  readonly port: number;
};

/**
 * An address as Go programs take it: `:8080`, `127.0.0.1:8080`, `[::1]:8080`. `0` and the empty text are
 * controller-runtime's way to say: do not listen.
 * @throws UsageError
 */
export function parseListenAddress(option: string, text: string): ListenAddress | undefined {
  if (text === '' || text === '0') return undefined;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new UsageError(
      `${option}: expected an address such as :8080 or 127.0.0.1:8080, got ${JSON.stringify(text)}`,
    );
  }
  const host = bracketed ?? plain ?? '';
  return { host: host === '' ? undefined : host, port };
}
