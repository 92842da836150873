import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificatePem, checkEndpoints, checkRefused } from '../../../test/endpoint-cases.ts';
import { makeMachine } from '../../../test/machine.ts';
import { parseRepository } from '../../reference/repository.ts';

const machine = await makeMachine();

describe('registries.yaml', () => {
  const yaml = `
mirrors:
  docker.io:
    endpoint: ["https://m.local:5000", "http://n.local/custom/v2"]
    rewrite:
      "^library/(.*)": "hub/$1"
  "*":
    endpoint: [https://any.local]
configs:
  "m.local:5000":
    auth: { username: me, password: secret }
    tls: { ca_file: /etc/ca.pem, insecure_skip_verify: true }
  r.example:
    auth: { identity_token: it }
`;
  const files = { 'registries.yaml': yaml, 'etc/ca.pem': certificatePem('own') };
  checkEndpoints(machine, [
    {
      name: 'asks mirrors by the rewritten path, then the registry by its own',
      files,
      registriesFile: 'registries.yaml',
      repository: 'nginx',
      expected: [
        'https://m.local:5000/v2/ hub/nginx (mirror of docker.io, unverified, ca own)',
        'http://n.local/custom/v2/ hub/nginx (mirror of docker.io)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'keeps a path that no rewrite matches',
      files,
      registriesFile: 'registries.yaml',
      repository: 'bitnami/nginx',
      expected: [
        'https://m.local:5000/v2/ bitnami/nginx (mirror of docker.io, unverified, ca own)',
        'http://n.local/custom/v2/ bitnami/nginx (mirror of docker.io)',
        'https://registry-1.docker.io/v2/ bitnami/nginx',
      ],
    },
    {
      name: 'has mirrors for every other host under *',
      files,
      registriesFile: 'registries.yaml',
      repository: 'ghcr.io/a',
      expected: ['https://any.local/v2/ a (mirror of ghcr.io)', 'https://ghcr.io/v2/ a'],
    },
    {
      name: 'counts before registries.conf',
      files: {
        ...files,
        'etc/containers/registries.conf': '[[registry]]\nlocation="docker.io"\nblocked=true',
      },
      registriesFile: 'registries.yaml',
      repository: 'ghcr.io/a',
      expected: ['https://any.local/v2/ a (mirror of ghcr.io)', 'https://ghcr.io/v2/ a'],
    },
  ]);

  it('holds logins for exactly their hosts', async () => {
    await machine.write(files);
    const { keychain } = machine.load({ registriesFile: machine.path('registries.yaml') });
    const found = [];
    for (const name of ['m.local:5000/a', 'm.local/a', 'r.example/a', 'ghcr.io/a']) {
      found.push(await keychain.findCredential(parseRepository(name)));
    }
    assert.deepEqual(found, [
      { kind: 'basic', username: 'me', password: 'secret' },
      undefined,
      { kind: 'identity-token', token: 'it' },
      undefined,
    ]);
  });

  checkRefused(machine, [
    {
      name: 'where it is no YAML',
      files: { 'registries.yaml': 'mirrors: [' },
      message: /registries\.yaml is not YAML at line 1$/,
    },
    {
      name: 'where it is a list',
      files: { 'registries.yaml': '- a' },
      message: /registries\.yaml must be a table$/,
    },
    {
      name: 'where it has an expression that is none',
      files: { 'registries.yaml': 'mirrors: {r.example: {endpoint: [a.b], rewrite: {"(": x}}}' },
      message: /rewrite\["\("\] is no regular expression$/,
    },
    {
      name: 'where it rewrites to what is no path',
      files: { 'registries.yaml': 'mirrors: {r.example: {endpoint: [a.b], rewrite: {"^.*$": "../UP"}}}' },
      message: /makes "\.\.\/UP" of a, which is no repository$/,
    },
    {
      name: 'where it has a key without certificate',
      files: { 'registries.yaml': 'configs: {r.example: {tls: {key_file: /k}}}' },
      message: /tls needs both cert_file and key_file$/,
    },
    {
      name: 'where it repeats itself by aliases without end',
      files: {
        'registries.yaml': `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`).join('\n')}`,
      },
      message: /has aliases that repeat too much$/,
    },
  ]);
});
