import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { needsShell } from '../../../test/logins.ts';
import { makeMachine } from '../../../test/machine.ts';
import { HoldfastError } from '../../errors.ts';
import { parseRepository } from '../../reference/repository.ts';

const machine = await makeMachine();

describe('an error of the configuration', () => {
  /** Every way that we know to break a file with a secret in it. */
  const breakages: readonly ((secret: string) => Record<string, string>)[] = [
    (secret) => ({ 'home/.docker/config.json': `{"auths":{"r.example":{"auth":"${secret}` }),
    (secret) => ({ 'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': secret } }) }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth: [secret] } } }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth: `*${secret}` } } }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({
        auths: { 'r.example': { auth: Buffer.from(secret).toString('base64') } },
      }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({
        auths: { 'r.example': { registrytoken: `${secret}\n` } },
      }),
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { [`u:${secret}@r.example`]: 1 } }),
    }),
    (secret) => ({ 'home/.docker/config.json': JSON.stringify({ credsStore: `/${secret}` }) }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { 'r.example': 'x' } }),
      'bin/docker-credential-x': `#!/bin/sh\necho '{"Username":"u","Secret":"${secret}"'\n`,
    }),
    (secret) => ({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { 'r.example': 'x' } }),
      'bin/docker-credential-x': `#!/bin/sh\necho '${secret}'; echo '${secret}' >&2; exit 1\n`,
    }),
    (secret) => ({ 'etc/containers/registries.conf': `[[registry]]\nlocation = "${secret}\n` }),
    (secret) => ({
      'etc/containers/registries.conf': `[[registry]]\nlocation = "https://u:${secret}@r.example"\n`,
    }),
    (secret) => ({
      'etc/containers/registries.conf': `[[registry]]\nprefix = "r.example"\nlocation = "u:${secret}@m.example"\n`,
    }),
    (secret) => ({
      'etc/containerd/certs.d/r.example/hosts.toml': `[host."https://u:${secret}@m.example"]\n`,
    }),
    (secret) => ({
      'etc/containerd/certs.d/r.example/hosts.toml': `server = "https://m.example"\n[header]\nauthorization = "${secret}\n`,
    }),
    (secret) => ({ 'registries.yaml': `configs:\n  r.example:\n    auth: {password: "${secret}\n` }),
    (secret) => ({ 'registries.yaml': `configs:\n  r.example:\n    auth: {password: [${secret}]}\n` }),
    (secret) => ({ 'registries.yaml': `mirrors:\n  r.example:\n    endpoint: ["https://u:${secret}@r"]\n` }),
    (secret) => ({ 'etc/containers/certs.d/r.example/c.crt': `-----BEGIN\n${secret}` }),
    (secret) => ({
      'etc/containers/certs.d/r.example/c.cert': '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
      'etc/containers/certs.d/r.example/c.key': `-----BEGIN RSA\n${secret}`,
    }),
  ];

  it('never shows a secret, whatever is broken', needsShell, async () => {
    const secretText = fc.stringMatching(/^[A-Za-z0-9+_-]{12,40}$/);
    const repository = parseRepository('r.example/a');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...breakages.keys()), secretText, async (index, secret) => {
        await rm(machine.path(''), { recursive: true, force: true });
        const files = breakages[index]?.(secret) ?? {};
        await machine.write(files);
        const options = 'registries.yaml' in files ? { registriesFile: machine.path('registries.yaml') } : {};
        const configuration = machine.load(options);
        const outcomes = await Promise.allSettled([
          configuration.keychain.findCredential(repository),
          configuration.endpoints.listEndpoints(repository),
        ]);
        const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
        assert.ok(errors.length > 0, `breakage ${index} breaks nothing`);
        for (const error of errors) {
          assert.ok(error instanceof HoldfastError, `breakage ${index}: ${String(error)}`);
          assert.ok(!describeWhole(error).includes(secret), `breakage ${index} shows its secret`);
        }
        assert.ok(!JSON.stringify(configuration.problems()).includes(secret));
      }),
      { numRuns: 100 },
    );
  });

  /** Everything that a front door or a debugger could print of an error. */
  function describeWhole(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    const hint = error instanceof HoldfastError ? error.hint : '';
    return `${error.message} ${hint} ${error.stack} ${describeWhole(error.cause)} ${JSON.stringify(Object.entries(error))}`;
  }
});
