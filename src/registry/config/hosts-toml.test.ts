import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificatePem, checkEndpoints, checkRefused, keyPem } from '../../../test/endpoint-cases.ts';
import { makeMachine } from '../../../test/machine.ts';
import { parseRepository } from '../../reference/repository.ts';

const machine = await makeMachine();

describe('hosts.toml', () => {
  const folder = 'etc/containerd/certs.d';
  checkEndpoints(machine, [
    {
      name: 'asks its hosts in order, then the server',
      files: {
        [`${folder}/docker.io/hosts.toml`]:
          'server = "https://registry-1.docker.io"\n[host."https://b.local"]\n[host."http://a.local:5000"]\n',
      },
      repository: 'nginx',
      expected: [
        'https://b.local/v2/ library/nginx (mirror of docker.io)',
        'http://a.local:5000/v2/ library/nginx (mirror of docker.io)',
        'https://registry-1.docker.io/v2/ library/nginx',
      ],
    },
    {
      name: 'without server ends with the registry itself',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."m.local"]' },
      repository: 'r.example/a',
      expected: ['https://m.local/v2/ a (mirror of r.example)', 'https://r.example/v2/ a'],
    },
    {
      name: 'heeds capabilities',
      files: {
        [`${folder}/r.example/hosts.toml`]:
          '[host."https://a.local"]\ncapabilities=["pull"]\n[host."https://b.local"]\ncapabilities=["resolve"]\n[host."https://c.local"]\ncapabilities=["push"]\n[host."https://d.local"]\ncapabilities=["Pull","resolve"]\n',
      },
      repository: 'r.example/a',
      expected: [
        'https://a.local/v2/ a (mirror of r.example, digests)',
        'https://b.local/v2/ a (mirror of r.example, tags)',
        'https://d.local/v2/ a (mirror of r.example)',
        'https://r.example/v2/ a',
      ],
    },
    {
      name: 'puts /v2 below a path, unless the path is the root',
      files: {
        [`${folder}/r.example/hosts.toml`]:
          '[host."https://a.local/x"]\n[host."https://b.local/x/v2/"]\n[host."https://c.local/v2/x"]\noverride_path=true\n',
      },
      repository: 'r.example/a',
      expected: [
        'https://a.local/x/v2/ a (mirror of r.example)',
        'https://b.local/x/v2/ a (mirror of r.example)',
        'https://c.local/v2/x/ a (mirror of r.example)',
        'https://r.example/v2/ a',
      ],
    },
    {
      name: 'has certificates of its own, by paths from its folder or the root',
      files: {
        [`${folder}/r.example/hosts.toml`]:
          '[host."https://m.local"]\nca=["ca.pem","/etc/ssl/other.pem"]\nclient=[["me.cert","me.key"]]\n[host."https://n.local"]\nskip_verify=true\n',
        [`${folder}/r.example/ca.pem`]: certificatePem('own'),
        'etc/ssl/other.pem': certificatePem('other'),
        [`${folder}/r.example/me.cert`]: certificatePem('me'),
        [`${folder}/r.example/me.key`]: keyPem,
      },
      repository: 'r.example/a',
      expected: [
        'https://m.local/v2/ a (mirror of r.example, ca own, ca other, client me)',
        'https://n.local/v2/ a (mirror of r.example, unverified)',
        'https://r.example/v2/ a (client me)',
      ],
    },
    {
      name: 'is found in a folder named HOST_PORT_',
      files: { [`${folder}/r.example_5000_/hosts.toml`]: '[host."https://m.local"]' },
      repository: 'r.example:5000/a',
      expected: ['https://m.local/v2/ a (mirror of r.example:5000)', 'https://r.example:5000/v2/ a'],
    },
    {
      name: 'of _default is for every host without a folder',
      files: {
        [`${folder}/_default/hosts.toml`]: '[host."https://m.local"]',
        [`${folder}/other.example/ca.crt`]: certificatePem('other'),
      },
      repository: 'r.example/a',
      expected: ['https://m.local/v2/ a (mirror of r.example)', 'https://r.example/v2/ a'],
    },
    {
      name: 'of _default is not for a host with a folder',
      files: {
        [`${folder}/_default/hosts.toml`]: '[host."https://m.local"]',
        [`${folder}/r.example/ca.crt`]: certificatePem('own'),
      },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a (ca own)'],
    },
    {
      name: 'may name the registry as its own mirror',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."https://r.example"]' },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a'],
    },
  ]);

  checkRefused(machine, [
    {
      name: 'where it is no TOML',
      files: { [`${folder}/r.example/hosts.toml`]: '[host' },
      message: /hosts\.toml is not TOML at line 1/,
    },
    {
      name: 'where it has an unknown capability',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."https://a.b"]\ncapabilities=["fly"]' },
      message: /holds "fly"$/,
    },
    {
      name: 'where it has another scheme',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."ftp://a.b"]' },
      message: /host\."ftp:\/\/a\.b" must be the URL/,
    },
    {
      name: 'where it holds a password',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."https://u:p@a.b"]' },
      message: /holds a user name or password$/,
    },
    {
      name: 'where it names a file that is not there',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."https://a.b"]\nca="x.pem"' },
      message: /there is no file .*x\.pem$/,
    },
    {
      name: 'where it has a number for a path',
      files: { [`${folder}/r.example/hosts.toml`]: '[host."https://a.b"]\nca=1' },
      message: /\.ca must be a list of strings$/,
    },
    {
      name: 'where it has no URL for server',
      files: { [`${folder}/r.example/hosts.toml`]: 'server="http://"' },
      message: /: server must be the URL/,
    },
  ]);

  it('says that headers are not sent', async () => {
    await machine.write({
      [`${folder}/r.example/hosts.toml`]: '[host."https://a.b"]\n[host."https://a.b".header]\nx-token="t"',
    });
    const configuration = machine.load();
    await configuration.endpoints.listEndpoints(parseRepository('r.example/a'));
    assert.match(configuration.problems()[0]?.message ?? '', /host\."https:\/\/a\.b"\.header is not used$/);
  });
});
