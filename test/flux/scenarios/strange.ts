import type { Fault } from '../../../src/registry-server/fault.ts';
import {
  closedImage,
  farImage,
  type KubernetesObject,
  openImage,
  policy,
  repository,
  secret,
  secureImage,
} from '../objects.ts';
import { apply, fault, look, patch, request, type Scenario, tags, tagsOf } from '../scenario.ts';

const dockerConfigJson = 'kubernetes.io/dockerconfigjson';
const login = (text: string) => ({ '.dockerconfigjson': text });

const body = (text: string): Fault => ({ kind: 'body', body: text });

const answers: Readonly<Record<string, Fault>> = {
  unauthorized: { kind: 'status', status: 401 },
  absent: { kind: 'status', status: 404 },
  teapot: { kind: 'status', status: 418 },
  half: body('{"name":"x","tags":["1.0.0"'),
  text: body('{"name":"x","tags":"1.0.0"}'),
  numbers: body('{"name":"x","tags":["1.0.0",7]}'),
  closed: { kind: 'close' },
  redirected: { kind: 'redirect', url: 'http://127.0.0.1:1/elsewhere' },
  plain: { kind: 'set-header', name: 'content-type', value: 'text/plain' },
  null: body('null'),
  twice: body('{"name":"x","tags":["1.0.0","1.0.0"]}'),
  hostile: body(
    '{"name":"x","tags":["1.0.0","1.1.0\\n","\\u202e1.2.0","a b","","3.0.0;rm","-4.0.0","../x"]}',
  ),
};

const logins: Readonly<Record<string, string>> = {
  noauths: '{"auths":[]}',
  null: '{"auths":{"closed.test":null}}',
  url: '{"auths":{"http://closed.test/v1/":{"username":"reader","password":"right"}}}',
  token: '{"auths":{"closed.test":{"identitytoken":"t"}}}',
  nocolon: '{"auths":{"closed.test":{"auth":"cmVhZGVy"}}}',
  helpers: '{"auths":{"closed.test":{"username":"reader","password":"right"}},"credsStore":"x"}',
};

const right = '{"auths":{"closed.test":{"username":"reader","password":"right"}}}';
const wrong = '{"auths":{"closed.test":{"username":"reader","password":"wrong"}}}';

const account = (name: string, ...secrets: readonly string[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name },
  imagePullSecrets: secrets.map((one) => ({ name: one })),
});

/** What people write, and registries answer, that is not in the book. */
export const strange: readonly Scenario[] = [
  {
    name: 'answers of all kinds',
    steps: [
      ...Object.entries(answers).flatMap(([below, one]) => [
        tagsOf(below, '1.0.0', '1.1.0'),
        fault(one, { below }),
      ]),
      apply(
        ...Object.keys(answers).map((name) => repository(name, { image: `${openImage}/${name}` })),
        policy('hostile'),
        policy('absent'),
      ),
      look('told'),
    ],
  },
  {
    name: 'images of every spelling',
    steps: [
      tags('1.0.0'),
      apply(
        ...Object.entries({
          slash: `${openImage}/`,
          slashes: 'open.test//image',
          underscore: 'open.test/_image',
          dash: 'open.test/-image',
          dot: `${openImage}.`,
          before: ` ${openImage}`,
          inside: 'open.test/im age',
          colon: `${openImage}:`,
          at: `${openImage}@`,
          short: `${openImage}@sha256:abc`,
          login: `user:password@${openImage}`,
          ftp: `ftp://${openImage}`,
          long: `${openImage}/${'x'.repeat(300)}`,
          letter: 'a',
          path: 'example.com/a',
          tag: `${openImage}/1.0.0:tag/x`,
        }).map(([name, image]) => repository(name, { image })),
      ),
      look('told'),
    ],
  },
  {
    name: 'names of the default host',
    steps: [
      tags('1.0.0'),
      tagsOf('x', '1.0.0', '1.1.0'),
      apply(
        secret('proxy', 'Opaque', { address: 'PROXY' }),
        ...Object.entries({
          bare: 'NAMESPACE/x',
          docker: 'docker.io/NAMESPACE/x',
          index: 'index.docker.io/NAMESPACE/x',
          upper: 'Far.test/NAMESPACE/x',
          port: 'far.test:80/NAMESPACE/x',
          local: 'localhost/NAMESPACE/x',
        }).map(([name, image]) =>
          repository(name, { image, insecure: true, proxySecretRef: { name: 'proxy' } }),
        ),
        policy('bare'),
      ),
      look('told'),
    ],
  },
  {
    name: 'secrets of all kinds',
    steps: [
      tags('1.0.0'),
      apply(
        secret('half', 'Opaque', { 'tls.crt': 'x' }),
        secret('pair', 'Opaque', { 'tls.crt': 'x', 'tls.key': 'y' }),
        secret('typed', 'kubernetes.io/basic-auth', { username: 'a', password: 'b', 'ca.crt': 'AUTHORITY' }),
        secret('both', 'Opaque', { 'ca.crt': 'nonsense', caFile: 'AUTHORITY' }),
        ...['half', 'pair', 'typed', 'both'].map((name) =>
          repository(`certificate-${name}`, { image: secureImage, certSecretRef: { name } }),
        ),
        secret('blank', 'Opaque', { address: '' }),
        secret('garbage', 'Opaque', { address: '::::' }),
        secret('ftp', 'Opaque', { address: 'ftp://x' }),
        secret('user', 'Opaque', { address: 'PROXY', username: 'u' }),
        ...['blank', 'garbage', 'ftp', 'user'].map((name) =>
          repository(`proxy-${name}`, { image: farImage, insecure: true, proxySecretRef: { name } }),
        ),
        ...Object.entries(logins).flatMap(([name, text]) => [
          secret(`login-${name}`, dockerConfigJson, login(text)),
          repository(`login-${name}`, { image: closedImage, secretRef: { name: `login-${name}` } }),
        ]),
        secret('right', dockerConfigJson, login(right)),
        secret('wrong', dockerConfigJson, login(wrong)),
        secret('opaque', 'Opaque', { a: 'b' }),
        account('none'),
        account('gone', 'nobody', 'right'),
        account('opaque', 'opaque', 'right'),
        account('second', 'wrong', 'right'),
        ...['none', 'gone', 'opaque', 'second'].map((name) =>
          repository(`account-${name}`, { image: closedImage, serviceAccountName: name }),
        ),
      ),
      look('told'),
    ],
  },
  {
    name: 'clouds that know nobody here',
    steps: [
      tags('1.0.0'),
      apply(
        ...['aws', 'azure', 'gcp'].map((provider) => repository(provider, { provider })),
        policy('aws'),
        repository('gated', { provider: 'aws', serviceAccountName: 'x' }),
        policy('gated'),
        repository('app'),
        policy('app'),
      ),
      look('told'),
      patch('imagerepository/app', { spec: { provider: 'azure', serviceAccountName: 'x' } }),
      request('imagepolicy/app'),
      look('gated later'),
    ],
  },
  {
    name: 'a registry that is slow',
    steps: [
      tags('1.0.0'),
      tagsOf('slow', '1.0.0'),
      fault({ kind: 'delay', delayMs: 3_000 }),
      fault({ kind: 'stall', afterBytes: 5 }, { below: 'slow' }),
      apply(
        repository('short', { timeout: '1s' }),
        repository('app', { timeout: '20s' }),
        repository('stalled', { image: `${openImage}/slow`, timeout: '1s' }),
        policy('app'),
      ),
      look('told'),
    ],
  },
];
