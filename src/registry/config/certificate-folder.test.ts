import { describe } from 'node:test';
import { certificatePem, checkEndpoints, checkRefused, keyPem } from '../../../test/endpoint-cases.ts';
import { makeMachine } from '../../../test/machine.ts';

const machine = await makeMachine();

describe('certificates', () => {
  const folders = ['home/.config/containers', 'etc/containers', 'etc/docker', 'etc/containerd'];
  checkEndpoints(machine, [
    ...folders.map((folder) => ({
      name: `are found in ${folder}/certs.d`,
      files: { [`${folder}/certs.d/r.example:5000/ca.crt`]: certificatePem(folder) },
      repository: 'r.example:5000/a',
      expected: [`https://r.example:5000/v2/ a (ca ${folder})`],
    })),
    {
      name: 'are those of the first folder that there is',
      files: {
        'home/.config/containers/certs.d/r.example/ca.crt': certificatePem('user'),
        'etc/docker/certs.d/r.example/ca.crt': certificatePem('docker'),
      },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a (ca user)'],
    },
    {
      name: 'may be several authorities and a client',
      files: {
        'etc/docker/certs.d/r.example/b.crt': certificatePem('b'),
        'etc/docker/certs.d/r.example/a.crt': certificatePem('a'),
        'etc/docker/certs.d/r.example/me.cert': certificatePem('me'),
        'etc/docker/certs.d/r.example/me.key': keyPem,
        'etc/docker/certs.d/r.example/README': 'not read',
      },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a (ca a, ca b, client me)'],
    },
    {
      name: 'are not those of another port',
      files: { 'etc/docker/certs.d/r.example:5000/ca.crt': certificatePem('a') },
      repository: 'r.example/a',
      expected: ['https://r.example/v2/ a'],
    },
    {
      name: 'make a loopback registry one that is asked over TLS first',
      files: { 'etc/docker/certs.d/localhost:5000/ca.crt': certificatePem('a') },
      repository: 'localhost:5000/a',
      expected: ['https://localhost:5000/v2/ a (or http:, ca a)'],
    },
  ]);

  checkRefused(machine, [
    {
      name: 'without the key of a client',
      files: { 'etc/docker/certs.d/r.example/c.cert': certificatePem('a') },
      message: /c\.cert has no .*c\.key beside it/,
    },
    {
      name: 'without the certificate of a key',
      files: { 'etc/docker/certs.d/r.example/c.key': keyPem },
      message: /c\.key has no .*c\.cert beside it/,
    },
    {
      name: 'as DER',
      files: { 'etc/docker/certs.d/r.example/c.crt': '0\u0082' },
      message: /c\.crt holds no PEM CERTIFICATE$/,
    },
  ]);
});
