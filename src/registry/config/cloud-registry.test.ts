import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { helperOf, loginsOf, needsShell, userFor } from '../../../test/logins.ts';
import { makeMachine } from '../../../test/machine.ts';
import { parseRepository } from '../../reference/repository.ts';

const machine = await makeMachine();

describe('tokens and helpers of the clouds', needsShell, () => {
  it('sends GITHUB_TOKEN to ghcr.io and to no host that looks like it', async () => {
    const options = { env: { GITHUB_TOKEN: 'token\n' } };
    const credential = await machine.load(options).keychain.findCredential(parseRepository('ghcr.io/a/b'));
    assert.deepEqual(credential, { kind: 'basic', username: 'x-access-token', password: 'token' });
    for (const host of ['ghcr.io.evil.test', 'evil-ghcr.io', 'ghcr.io:5000', 'a.ghcr.io', 'quay.io']) {
      assert.equal(await userFor(machine, `${host}/a/b`, options), 'anonymous', host);
    }
  });

  const hosts: readonly { host: string; helper: string }[] = [
    { host: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', helper: 'ecr-login' },
    { host: '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', helper: 'ecr-login' },
    { host: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', helper: 'ecr-login' },
    { host: '123456789012.dkr-ecr.us-west-2.on.aws', helper: 'ecr-login' },
    { host: 'public.ecr.aws', helper: 'ecr-login' },
    { host: 'gcr.io', helper: 'gcr' },
    { host: 'eu.gcr.io', helper: 'gcr' },
    { host: 'europe-west1-docker.pkg.dev', helper: 'gcr' },
    { host: 'team.azurecr.io', helper: 'acr-env' },
    { host: 'team.azurecr.cn', helper: 'acr-env' },
    { host: '123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test', helper: 'anonymous' },
    { host: '12345.dkr.ecr.eu-west-1.amazonaws.com', helper: 'anonymous' },
    { host: 'evilgcr.io', helper: 'anonymous' },
    { host: 'gcr.io.evil.test', helper: 'anonymous' },
    { host: 'azurecr.io.evil.test', helper: 'anonymous' },
    { host: 'team.azurecr.io:5000', helper: 'anonymous' },
    { host: 'docker.io', helper: 'anonymous' },
  ];
  for (const { host, helper } of hosts) {
    it(`asks ${helper} for ${host}`, async () => {
      await machine.write({
        'bin/docker-credential-ecr-login': helperOf('ecr-login'),
        'bin/docker-credential-gcr': helperOf('gcr'),
        'bin/docker-credential-acr-env': helperOf('acr-env'),
      });
      assert.equal(await userFor(machine, `${host}/a/b`), helper);
    });
  }

  it('asks gcloud where gcr is not installed', async () => {
    await machine.write({ 'bin/docker-credential-gcloud': helperOf('gcloud') });
    assert.equal(await userFor(machine, 'gcr.io/a/b'), 'gcloud');
  });

  it('goes on anonymously where a helper that nobody configured fails', async () => {
    await machine.write({ 'bin/docker-credential-gcloud': '#!/bin/sh\nexit 1\n' });
    const configuration = machine.load();
    assert.equal(
      await configuration.keychain.findCredential(parseRepository('gcr.io/distroless/static')),
      undefined,
    );
    assert.match(
      configuration.problems()[0]?.message ?? '',
      /docker-credential-gcloud ended with exit status 1/,
    );
  });

  it('prefers an entry of a file', async () => {
    await machine.write({
      'home/.docker/config.json': loginsOf('entry', 'gcr.io'),
      'bin/docker-credential-gcr': helperOf('gcr'),
    });
    assert.equal(await userFor(machine, 'gcr.io/a/b'), 'entry');
  });
});
