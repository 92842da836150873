import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { helperOf, loginsOf, needsShell, userFor } from '../../../test/logins.ts';
import { makeMachine } from '../../../test/machine.ts';
import { parseRepository } from '../../reference/repository.ts';

const machine = await makeMachine();

describe('the order of credentials', needsShell, () => {
  it('goes from what the user named to what lies around', async () => {
    await machine.write({
      'named.json': loginsOf('REGISTRY_AUTH_FILE', 'ghcr.io'),
      'docker/config.json': loginsOf('DOCKER_CONFIG', 'ghcr.io'),
      'runtime/containers/auth.json': loginsOf('XDG_RUNTIME_DIR', 'ghcr.io'),
      'run/containers/1000/auth.json': loginsOf('/run', 'ghcr.io'),
      'config/containers/auth.json': loginsOf('XDG_CONFIG_HOME', 'ghcr.io'),
      'home/.config/containers/auth.json': loginsOf('~/.config', 'ghcr.io'),
      'home/.docker/config.json': loginsOf('~/.docker', 'ghcr.io'),
    });
    const env: Record<string, string> = {
      REGISTRY_AUTH_FILE: machine.path('named.json'),
      DOCKER_CONFIG: machine.path('docker'),
      XDG_RUNTIME_DIR: machine.path('runtime'),
      XDG_CONFIG_HOME: machine.path('config'),
      GITHUB_TOKEN: 'token',
      GITHUB_ACTOR: 'GITHUB_TOKEN',
    };
    const found: string[] = [];
    for (const name of [...Object.keys(env), 'none']) {
      found.push(await userFor(machine, 'ghcr.io/a/b', { env }));
      delete env[name];
    }
    assert.deepEqual(found, [
      'REGISTRY_AUTH_FILE',
      'DOCKER_CONFIG',
      'XDG_RUNTIME_DIR',
      '/run',
      '/run',
      '/run',
      '/run',
    ]);
    await rm(machine.path('run'), { recursive: true });
    assert.equal(await userFor(machine, 'ghcr.io/a/b'), '~/.config');
    await rm(machine.path('home/.config'), { recursive: true });
    assert.equal(await userFor(machine, 'ghcr.io/a/b'), '~/.docker');
  });

  it('looks at nothing but --authfile where it is given', async () => {
    await machine.write({
      'only.json': loginsOf('only', 'quay.io'),
      'home/.docker/config.json': loginsOf('docker', 'ghcr.io'),
    });
    const options = { authFile: machine.path('only.json'), env: { GITHUB_TOKEN: 'token' } };
    assert.equal(await userFor(machine, 'ghcr.io/a', options), 'anonymous');
    assert.equal(await userFor(machine, 'quay.io/a', options), 'only');
  });

  it('goes on to the next file where one does not know the host', async () => {
    await machine.write({
      'home/.config/containers/auth.json': loginsOf('containers', 'quay.io'),
      'home/.docker/config.json': loginsOf('docker', 'ghcr.io'),
    });
    assert.equal(await userFor(machine, 'ghcr.io/a'), 'docker');
  });

  it('puts pull secrets before every file', async () => {
    await machine.write({ 'home/.docker/config.json': loginsOf('docker', 'ghcr.io') });
    const pullSecrets = [
      { name: 'a/b', type: 'kubernetes.io/dockerconfigjson' as const, data: loginsOf('secret', 'ghcr.io') },
    ];
    assert.equal(await userFor(machine, 'ghcr.io/a', { pullSecrets }), 'secret');
  });

  it('tries the next credential where one was refused', async () => {
    await machine.write({ 'home/.docker/config.json': loginsOf('docker', 'r.example') });
    const pullSecrets = [
      {
        name: 'a/wide',
        type: 'kubernetes.io/dockerconfigjson' as const,
        data: loginsOf('wide', 'r.example'),
      },
      {
        name: 'a/team',
        type: 'kubernetes.io/dockerconfigjson' as const,
        data: loginsOf('team', 'r.example/team'),
      },
    ];
    const { keychain } = machine.load({ pullSecrets });
    const repository = parseRepository('r.example/team/app');
    const users: string[] = [];
    const refused = [];
    for (;;) {
      const credential = await keychain.findCredential(repository, { refused });
      if (credential?.kind !== 'basic') break;
      users.push(credential.username);
      refused.push(credential);
    }
    assert.deepEqual(users, ['team', 'wide', 'docker']);
  });

  it('finds a login written after the first was refused', async () => {
    await machine.write({ 'home/.docker/config.json': loginsOf('old', 'r.example') });
    const { keychain } = machine.load();
    const repository = parseRepository('r.example/a');
    const old = await keychain.findCredential(repository);
    assert.ok(old !== undefined);
    await machine.write({ 'home/.docker/config.json': loginsOf('new', 'r.example') });
    const renewed = await keychain.findCredential(repository, { refused: [old] });
    assert.equal(renewed?.kind === 'basic' && renewed.username, 'new');
  });

  it('asks the helper of a host before its entry, and the store for every other', async () => {
    const logins = JSON.parse(loginsOf('entry', 'a.example', 'b.example', 'c.example/team'));
    await machine.write({
      'home/.docker/config.json': JSON.stringify({
        ...logins,
        credsStore: 'store',
        credHelpers: { 'a.example': 'own' },
      }),
      'bin/docker-credential-own': helperOf('own'),
      'bin/docker-credential-store': helperOf('store'),
    });
    assert.equal(await userFor(machine, 'a.example/x'), 'own');
    assert.equal(await userFor(machine, 'b.example/x'), 'store');
    assert.equal(await userFor(machine, 'c.example/team/x'), 'entry');
  });

  it('takes the entry where the store knows nothing', async () => {
    await machine.write({
      'home/.docker/config.json': JSON.stringify({
        ...JSON.parse(loginsOf('entry', 'a.example')),
        credsStore: 'store',
      }),
      'bin/docker-credential-store': '#!/bin/sh\necho credentials not found in native keychain; exit 1\n',
    });
    assert.equal(await userFor(machine, 'a.example/x'), 'entry');
    assert.equal(await userFor(machine, 'b.example/x'), 'anonymous');
  });

  it('reports a store that is not installed, and goes on without it', async () => {
    await machine.write({ 'home/.docker/config.json': JSON.stringify({ credsStore: 'desktop' }) });
    const configuration = machine.load();
    assert.equal(await configuration.keychain.findCredential(parseRepository('nginx')), undefined);
    assert.match(
      configuration.problems()[0]?.message ?? '',
      /names docker-credential-desktop, which is not on PATH/,
    );
  });

  it('fails where the helper of a host is not installed', async () => {
    await machine.write({
      'home/.docker/config.json': JSON.stringify({ credHelpers: { 'a.example': 'own' } }),
    });
    await assert.rejects(() => userFor(machine, 'a.example/x'), { code: 'CREDENTIAL_HELPER_FAILED' });
    assert.equal(await userFor(machine, 'b.example/x'), 'anonymous');
  });
});
