import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { loginsOf, userFor } from '../../../test/logins.ts';
import { makeMachine } from '../../../test/machine.ts';
import { parseRepository } from '../../reference/repository.ts';
import { RegistryConfigurationError } from './errors.ts';

const machine = await makeMachine();

describe('a file of credentials on disk', () => {
  const failures: readonly { name: string; prepare: (path: string) => Promise<unknown>; message: RegExp }[] =
    [
      { name: 'not there', prepare: () => Promise.resolve(), message: /^there is no file / },
      { name: 'a folder', prepare: (path) => mkdir(path), message: / is not a file$/ },
      { name: 'a device', prepare: (path) => symlink('/dev/zero', path), message: / is not a file$/ },
      { name: 'a link to itself', prepare: (path) => symlink(path, path), message: /ELOOP$/ },
      {
        name: 'huge',
        prepare: (path) => writeFile(path, Buffer.alloc(3 * 1024 * 1024, ' ')),
        message: / is larger than 1048576 bytes$/,
      },
      {
        name: 'not UTF-8',
        prepare: (path) => writeFile(path, Buffer.from([0x7b, 0xff])),
        message: / is not UTF-8$/,
      },
      { name: 'cut', prepare: (path) => writeFile(path, '{"auths":{"ghcr.io":'), message: / is not JSON/ },
    ];
  for (const { name, prepare, message } of failures) {
    it(`that is ${name} is an error that names it`, { skip: process.platform === 'win32' }, async () => {
      const path = machine.path('auth.json');
      await prepare(path);
      await assert.rejects(
        () => userFor(machine, 'ghcr.io/a', { authFile: path }),
        (error) =>
          error instanceof RegistryConfigurationError &&
          error.code === 'CREDENTIALS_UNREADABLE' &&
          message.test(error.message) &&
          error.message.includes(path),
      );
    });
  }

  it('may be a link, as mounted Secrets are', async () => {
    await machine.write({ '..data/config.json': loginsOf('linked', 'ghcr.io') });
    await symlink(machine.path('..data/config.json'), machine.path('config.json'));
    assert.equal(await userFor(machine, 'ghcr.io/a', { env: { DOCKER_CONFIG: machine.path('') } }), 'linked');
  });

  it('may begin with a byte order mark', async () => {
    await machine.write({ 'auth.json': `\uFEFF${loginsOf('marked', 'ghcr.io')}` });
    assert.equal(await userFor(machine, 'ghcr.io/a', { authFile: machine.path('auth.json') }), 'marked');
  });

  it('that REGISTRY_AUTH_FILE names and that is not there is reported, not an error', async () => {
    const configuration = machine.load({ env: { REGISTRY_AUTH_FILE: machine.path('none.json') } });
    assert.equal(await configuration.keychain.findCredential(parseRepository('nginx')), undefined);
    assert.match(configuration.problems()[0]?.message ?? '', /none\.json, which REGISTRY_AUTH_FILE names$/);
  });

  it('that is broken does not matter to who finds a credential before it', async () => {
    await machine.write({
      'home/.config/containers/auth.json': loginsOf('first', 'ghcr.io'),
      'home/.docker/config.json': '{"auths"',
    });
    assert.equal(await userFor(machine, 'ghcr.io/a'), 'first');
    await assert.rejects(() => userFor(machine, 'quay.io/a'), /config\.json is not JSON/);
  });
});
