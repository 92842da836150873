import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRepository } from '../src/reference/repository.ts';
import type { Endpoint } from '../src/registry/endpoint.ts';
import type { Files, Machine } from './machine.ts';

/** Where a repository is asked for on a machine with these files. */
export type EndpointCase = {
  readonly name: string;
  readonly files?: Files;
  readonly insecureHosts?: readonly string[];
  /** One of the files, as `--registries-conf` names it. */
  readonly registriesFile?: string;
  /** Variables that name one of the files. */
  readonly env?: Readonly<Record<string, string>>;
  readonly repository: string;
  /** As {@link describeEndpoint} tells them, in order. */
  readonly expected: readonly string[];
};

/** Files that cannot be understood, and what is said of them. */
export type BrokenFiles = { readonly name: string; readonly files: Files; readonly message: RegExp };

export function checkEndpoints(machine: Machine, cases: readonly EndpointCase[]): void {
  for (const { name, files = {}, insecureHosts, registriesFile, env = {}, repository, expected } of cases) {
    it(name, async () => {
      await machine.write(files);
      const { endpoints } = machine.load({
        insecureHosts,
        env: Object.fromEntries(Object.entries(env).map(([key, file]) => [key, machine.path(file)])),
        registriesFile: registriesFile && machine.path(registriesFile),
      });
      const found = await endpoints.listEndpoints(parseRepository(repository));
      assert.deepEqual(found.map(describeEndpoint), expected);
    });
  }
}

/** Each is refused when `r.example` is asked for. A file `registries.yaml` is named as `--registries-conf`. */
export function checkRefused(machine: Machine, broken: readonly BrokenFiles[]): void {
  for (const { name, files, message } of broken) {
    it(`is refused ${name}`, async () => {
      await machine.write(files);
      const registriesFile = 'registries.yaml' in files ? machine.path('registries.yaml') : undefined;
      const { endpoints } = machine.load({ registriesFile });
      await assert.rejects(() => endpoints.listEndpoints(parseRepository('r.example/a')), {
        code: 'REGISTRIES_UNREADABLE',
        message,
      });
    });
  }
}

export function certificatePem(label: string): string {
  return `-----BEGIN CERTIFICATE-----\n${label}\n-----END CERTIFICATE-----\n`;
}

export const keyPem = '-----BEGIN PRIVATE KEY-----\nkey\n-----END PRIVATE KEY-----\n';

/** `https://m.example/v2/ a/b (mirror of docker.io, digests, unverified, or http:, ca LABEL)`. */
function describeEndpoint(endpoint: Endpoint): string {
  const labelOf = (pem: string): string => pem.split('\n')[1] ?? '';
  const notes = [
    ...(endpoint.kind === 'mirror' ? [`mirror${endpoint.upstream ? ` of ${endpoint.upstream}` : ''}`] : []),
    ...(endpoint.resolvesTags ? [] : ['digests']),
    ...(endpoint.servesDigests ? [] : ['tags']),
    ...(endpoint.tls.skipVerify === true ? ['unverified'] : []),
    ...(endpoint.plainApiUrl === undefined ? [] : [`or ${endpoint.plainApiUrl.protocol}`]),
    ...(endpoint.tls.ca ?? []).map((ca) => `ca ${labelOf(ca)}`),
    ...(endpoint.tls.certificate === undefined ? [] : [`client ${labelOf(endpoint.tls.certificate)}`]),
  ];
  const place = `${endpoint.apiUrl.href} ${endpoint.repository.path}`;
  return notes.length === 0 ? place : `${place} (${notes.join(', ')})`;
}
