import type { ServerResponse } from 'node:http';
import type { AccessRule } from '../kubernetes/service-account.ts';

export type FakeApiOptions = {
  /** By plural, e.g. `pods`: what is there from the start. A plural that is not named is answered with 404. */
  readonly objects: Readonly<Record<string, readonly object[]>>;
  /** Objects of one page, whatever the client asks for above it. */
  readonly pageSizeMax?: number;
  /** The token a client must bring, to do whatever it likes. */
  readonly token?: string;
  /** By token: further users, who may do what their rules say. */
  readonly users?: Readonly<Record<string, FakeUser>>;
  /** Plurals nobody may list in all namespaces. */
  readonly forbidden?: readonly string[];
  /** Consulted before anything else: answers itself and says true, or leaves it to the server. */
  readonly intercept?: (url: URL, response: ServerResponse, nth: number) => boolean;
};

export type FakeUser = { readonly name: string; readonly rules: readonly AccessRule[] };
