import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkEndpoints } from '../../../test/endpoint-cases.ts';
import { makeMachine } from '../../../test/machine.ts';
import { parseRepository, repositoryName } from '../../reference/repository.ts';

const machine = await makeMachine();

describe('endpoints without configuration', () => {
  checkEndpoints(machine, [
    { name: 'are the registry itself', repository: 'ghcr.io/a/b', expected: ['https://ghcr.io/v2/ a/b'] },
    {
      name: 'are the API host of Docker Hub',
      repository: 'nginx',
      expected: ['https://registry-1.docker.io/v2/ library/nginx'],
    },
    { name: 'keep a port', repository: 'r.example:5000/a', expected: ['https://r.example:5000/v2/ a'] },
    {
      name: 'are plain on localhost',
      repository: 'localhost:5000/a',
      expected: ['http://localhost:5000/v2/ a'],
    },
    {
      name: 'are plain on 127.0.0.0/8',
      repository: '127.1.2.3:5000/a',
      expected: ['http://127.1.2.3:5000/v2/ a'],
    },
    { name: 'are plain on ::1', repository: '[::1]:5000/a', expected: ['http://[::1]:5000/v2/ a'] },
    {
      name: 'are not plain on a host that only begins so',
      repository: '127.0.0.1.evil.test/a',
      expected: ['https://127.0.0.1.evil.test/v2/ a'],
    },
    {
      name: 'are tried over TLS without verification, then plain, on an insecure host',
      insecureHosts: ['R.example:5000'],
      repository: 'r.example:5000/a',
      expected: ['https://r.example:5000/v2/ a (unverified, or http:)'],
    },
    {
      name: 'take an insecure host written as a URL',
      insecureHosts: ['http://r.example:5000/'],
      repository: 'r.example:5000/a',
      expected: ['https://r.example:5000/v2/ a (unverified, or http:)'],
    },
    {
      name: 'are secure on another port of an insecure host',
      insecureHosts: ['r.example:5000'],
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a'],
    },
    {
      name: 'are tried over TLS first on a loopback host that was called insecure',
      insecureHosts: ['localhost:5000'],
      repository: 'localhost:5000/a',
      expected: ['https://localhost:5000/v2/ a (unverified, or http:)'],
    },
  ]);
});

describe('registries.conf on disk', () => {
  const mirrorOf = (registry: string, mirror: string): string =>
    `[[registry]]\nlocation = "${registry}"\n[[registry.mirror]]\nlocation = "${mirror}"\n`;
  const files = {
    'etc/containers/registries.conf': mirrorOf('r.example', 'system.local'),
    'etc/containers/registries.conf.d/50.conf': mirrorOf('r.example', 'dropin.local'),
    'etc/containers/registries.conf.d/60.conf.bak': mirrorOf('r.example', 'backup.local'),
    'named.conf': mirrorOf('r.example', 'named.local'),
  };
  const dropIn = ['https://dropin.local/v2/ a (mirror)', 'https://r.example/v2/ a'];
  checkEndpoints(machine, [
    { name: 'is replaced by its drop-ins', files, repository: 'r.example/a', expected: dropIn },
    {
      name: 'of the user hides the system and its drop-ins',
      files: { ...files, 'home/.config/containers/registries.conf': mirrorOf('r.example', 'user.local') },
      repository: 'r.example/a',
      expected: ['https://user.local/v2/ a (mirror)', 'https://r.example/v2/ a'],
    },
    {
      name: 'may be named by the environment, and keeps the drop-ins',
      files: { 'named.conf': files['named.conf'] },
      env: { CONTAINERS_REGISTRIES_CONF: 'named.conf' },
      repository: 'r.example/a',
      expected: ['https://named.local/v2/ a (mirror)', 'https://r.example/v2/ a'],
    },
    {
      name: 'may be named by the option',
      files: { 'named.conf': files['named.conf'] },
      registriesFile: 'named.conf',
      env: { CONTAINERS_REGISTRIES_CONF: 'absent.conf' },
      repository: 'r.example/a',
      expected: ['https://named.local/v2/ a (mirror)', 'https://r.example/v2/ a'],
    },
    {
      name: 'makes a mirror insecure without making the registry so',
      files: {
        'etc/containers/registries.conf': `${mirrorOf('docker.io', 'm.local:5000/hub')}insecure = true\n`,
      },
      repository: 'nginx',
      expected: [
        'https://m.local:5000/v2/ hub/library/nginx (mirror, unverified, or http:)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'makes a loopback mirror a plain one',
      files: { 'etc/containers/registries.conf': mirrorOf('docker.io', 'localhost:5000') },
      repository: 'nginx',
      expected: [
        'http://localhost:5000/v2/ library/nginx (mirror)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'counts before hosts.toml',
      files: { ...files, 'etc/containerd/certs.d/r.example/hosts.toml': '[host."https://containerd.local"]' },
      repository: 'r.example/a',
      expected: dropIn,
    },
  ]);

  it('blocks a registry', async () => {
    await machine.write({
      'etc/containers/registries.conf': '[[registry]]\nlocation = "r.example/team"\nblocked = true\n',
    });
    const { endpoints } = machine.load();
    await assert.rejects(() => endpoints.listEndpoints(parseRepository('r.example/team/a')), {
      code: 'REGISTRY_BLOCKED',
      message: /^r\.example\/team\/a is blocked by .*registries\.conf: registry\[0\]$/,
    });
    assert.equal((await endpoints.listEndpoints(parseRepository('r.example/other/a'))).length, 1);
  });

  it('that was named and is not there is an error', async () => {
    const { endpoints } = machine.load({ env: { CONTAINERS_REGISTRIES_CONF: machine.path('none.conf') } });
    await assert.rejects(() => endpoints.listEndpoints(parseRepository('nginx')), /none\.conf is not there/);
  });
});

describe('the credential of an endpoint', () => {
  it('is that of the mirror, never that of the registry it stands for', async () => {
    const auth = Buffer.from('me:secret').toString('base64');
    await machine.write({
      'home/.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth } } }),
      'etc/containers/registries.conf':
        '[[registry]]\nlocation="r.example"\n[[registry.mirror]]\nlocation="m.local"\n',
    });
    const { keychain, endpoints } = machine.load();
    const found: Record<string, boolean> = {};
    for (const { repository } of await endpoints.listEndpoints(parseRepository('r.example/a'))) {
      found[repositoryName(repository)] = (await keychain.findCredential(repository)) !== undefined;
    }
    assert.deepEqual(found, { 'm.local/a': false, 'r.example/a': true });
  });
});
