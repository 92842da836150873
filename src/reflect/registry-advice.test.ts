import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tryParseRepository } from '../reference/repository.ts';
import type { PullSecret } from '../registry/config/pull-secret.ts';
import { RegistryError, type RegistryErrorCode } from '../registry/errors.ts';
import { describeRegistryFailure, type TriedWay } from './registry-advice.ts';

const repository = tryParseRepository('registry.test/team/app');
assert.ok(repository);

const anonymous: TriedWay = {
  repository,
  spec: {
    provider: 'generic',
    secretName: undefined,
    serviceAccountName: undefined,
    certSecretName: undefined,
    proxySecretName: undefined,
  },
  namespace: 'team',
  access: { pullSecrets: [] },
};

const secretFor = (name: string, ...keys: readonly string[]): PullSecret => ({
  name: `team/${name}`,
  type: 'kubernetes.io/dockerconfigjson',
  data: JSON.stringify({
    auths: Object.fromEntries(keys.map((key) => [key, { username: 'jane', password: 'hunter2' }])),
  }),
});
const withSecrets = (...pullSecrets: readonly PullSecret[]): TriedWay => ({
  ...anonymous,
  access: { pullSecrets },
});
const naming = (spec: Partial<TriedWay['spec']>): TriedWay => ({
  ...anonymous,
  spec: { ...anonymous.spec, ...spec },
});

const fits = secretFor('creds', 'registry.test');
const other = secretFor('other', 'elsewhere.test');

describe('advice on a registry that failed an object', () => {
  const cases: readonly {
    readonly name: string;
    readonly code: RegistryErrorCode;
    readonly way: TriedWay;
    readonly expected: RegExp;
  }[] = [
    {
      name: 'names the Secret whose login was refused',
      code: 'UNAUTHORIZED',
      way: withSecrets(fits),
      expected: /^failed; registry\.test refused the login in Secret team\/creds: correct it there/,
    },
    {
      name: 'names of several Secrets those that were shown',
      code: 'UNAUTHORIZED',
      way: withSecrets(fits, other, secretFor('wide', '*.test')),
      expected: /refused the login in Secrets team\/creds, team\/wide: /,
    },
    {
      name: 'names three of many Secrets',
      code: 'UNAUTHORIZED',
      way: withSecrets(fits, fits, fits, fits, fits),
      expected: /in Secrets team\/creds, team\/creds, team\/creds and 2 more: /,
    },
    {
      name: 'names the Secret that is for another registry',
      code: 'UNAUTHORIZED',
      way: withSecrets(other),
      expected:
        /Secret team\/other has no entry that fits registry\.test\/team\/app: add a login for registry\.test$/,
    },
    {
      name: 'names the Secret that is for another path of the registry',
      code: 'UNAUTHORIZED',
      way: withSecrets(secretFor('creds', 'registry.test/others')),
      expected: /Secret team\/creds has no entry that fits registry\.test\/team\/app/,
    },
    {
      name: 'says that no Secret is named',
      code: 'UNAUTHORIZED',
      way: anonymous,
      expected: /no secretRef or serviceAccountName is given$/,
    },
    {
      name: 'names the ServiceAccount that has no pull secret',
      code: 'UNAUTHORIZED',
      way: naming({ serviceAccountName: 'scanner' }),
      expected: /ServiceAccount team\/scanner names no pull secret that is there/,
    },
    {
      name: 'asks for rights of the identity where a cloud logs in',
      code: 'UNAUTHORIZED',
      way: naming({ provider: 'aws' }),
      expected: /let the identity that aws knows read team\/app/,
    },
    {
      name: 'names the Secret of an account without the right',
      code: 'DENIED',
      way: withSecrets(fits),
      expected: /the account in Secret team\/creds may not do this/,
    },
    {
      name: 'speaks of no account where there was none',
      code: 'DENIED',
      way: anonymous,
      expected: /no secretRef or serviceAccountName is given$/,
    },
    {
      name: 'names the field that allows plain HTTP',
      code: 'PLAIN_HTTP',
      way: anonymous,
      expected: /set spec\.insecure to true$/,
    },
    {
      name: 'names the field that a CA goes to',
      code: 'TLS_UNTRUSTED',
      way: anonymous,
      expected: /spec\.certSecretRef/,
    },
    {
      name: 'names the Secret with the wrong CA',
      code: 'TLS_UNTRUSTED',
      way: naming({ certSecretName: 'ca' }),
      expected: /not the one in Secret team\/ca, /,
    },
    {
      name: 'names the variables of the controller where it chose the proxy',
      code: 'PROXY_FAILED',
      way: anonymous,
      expected: /HTTPS_PROXY and NO_PROXY of the controller/,
    },
    {
      name: 'names the Secret with the proxy',
      code: 'PROXY_FAILED',
      way: naming({ proxySecretName: 'proxy' }),
      expected: /in Secret team\/proxy, which spec\.proxySecretRef names$/,
    },
    {
      name: 'is the error’s own where that fits an object',
      code: 'TAGS_UNREADABLE',
      way: anonymous,
      expected: /^failed; log in with --insecure$/,
    },
  ];
  for (const { name, code, way, expected } of cases) {
    it(name, () => {
      const error = new RegistryError(code, 'failed', { hint: 'log in with --insecure' });
      const said = describeRegistryFailure(error, way);
      assert.match(said, expected);
      assert.doesNotMatch(said, /hunter2/);
    });
  }

  it('is none where the error gives none', () => {
    assert.equal(describeRegistryFailure(new Error('broken'), anonymous), 'broken');
  });
});
