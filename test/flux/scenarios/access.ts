import { closedImage, dockerConfig, farImage, policy, repository, secret, secureImage } from '../objects.ts';
import { apply, look, patch, remove, request, type Scenario, tags } from '../scenario.ts';

const app = 'imagerepository/app';
const appPolicy = 'imagepolicy/app';

const here = { 'kubernetes.io/metadata.name': 'NAMESPACE' };

/** Selectors of namespaces, by the name of their repository. */
const admitting: Readonly<Record<string, readonly object[]>> = {
  none: [],
  every: [{ matchLabels: {} }],
  either: [{ matchLabels: { a: 'b' } }, { matchLabels: here }],
  both: [{ matchLabels: { a: 'b', ...here } }],
};

/** Whom a controller may speak to, and as whom. */
export const access: readonly Scenario[] = [
  {
    name: 'across namespaces',
    steps: [
      tags('1.0.0'),
      apply(
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'NAMESPACE-other', labels: { team: 'other' } },
        },
        repository('app', {}, { namespace: 'NAMESPACE-other' }),
        policy('app', { imageRepositoryRef: { name: 'app', namespace: 'NAMESPACE-other' } }),
      ),
      look('refused'),
      apply(
        repository(
          'app',
          { accessFrom: { namespaceSelectors: [{ matchLabels: { team: 'nobody' } }] } },
          {
            namespace: 'NAMESPACE-other',
          },
        ),
      ),
      request(appPolicy),
      look('still refused'),
      apply(
        repository('app', { accessFrom: { namespaceSelectors: [{}] } }, { namespace: 'NAMESPACE-other' }),
      ),
      request(appPolicy),
      look('granted'),
      apply(repository('app', {}, { namespace: 'NAMESPACE-other' })),
      look('taken away'),
    ],
  },
  {
    name: 'whom accessFrom admits',
    steps: [
      tags('1.0.0'),
      apply(
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'NAMESPACE-other', labels: { team: 'other' } },
        },
        ...Object.entries(admitting).flatMap(([name, namespaceSelectors]) => [
          repository(name, { accessFrom: { namespaceSelectors } }, { namespace: 'NAMESPACE-other' }),
          policy(name, { imageRepositoryRef: { name, namespace: 'NAMESPACE-other' } }),
        ]),
        repository('own', { accessFrom: { namespaceSelectors: [] } }),
        policy('own', { imageRepositoryRef: { name: 'own', namespace: 'NAMESPACE' } }),
        policy('nobody', { imageRepositoryRef: { name: 'nobody', namespace: 'NAMESPACE-other' } }),
      ),
      look('told'),
    ],
  },
  {
    name: 'credentials',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { image: closedImage }), policy('app')),
      look('none'),
      patch(app, { spec: { secretRef: { name: 'login' } } }),
      look('secret missing'),
      apply(secret('login', 'Opaque', { '.dockerconfigjson': 'x' })),
      request(app),
      look('wrong type'),
      remove('secret/login'),
      apply(secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('wrong'))),
      request(app),
      look('wrong password'),
      apply(secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right'))),
      request(app),
      look('right'),
      apply(
        secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right', 'https://closed.test/v2/')),
      ),
      request(app),
      look('as a URL'),
    ],
  },
  {
    name: 'certificates and proxies that cannot be used',
    steps: [
      tags('1.0.0'),
      apply(
        secret('empty', 'Opaque', { nothing: 'here' }),
        secret('nonsense', 'Opaque', { 'ca.crt': 'nonsense' }),
        repository('missing', { certSecretRef: { name: 'nobody' } }),
        repository('empty', { certSecretRef: { name: 'empty' } }),
        repository('nonsense', { certSecretRef: { name: 'nonsense' } }),
        repository('proxy', { proxySecretRef: { name: 'empty' } }),
        repository('noproxy', { proxySecretRef: { name: 'nobody' } }),
        repository('account', { serviceAccountName: 'nobody' }),
        repository('cloud', { provider: 'aws', serviceAccountName: 'nobody' }),
      ),
      look('told'),
    ],
  },
  {
    name: 'a service account with pull secrets',
    steps: [
      tags('1.0.0'),
      apply(
        secret('login', 'kubernetes.io/dockerconfigjson', dockerConfig('right')),
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'puller' },
          imagePullSecrets: [{ name: 'login' }],
        },
        repository('app', { image: closedImage, serviceAccountName: 'puller' }),
        policy('app'),
      ),
      look('scanned'),
    ],
  },

  {
    name: 'plain HTTP off loopback',
    steps: [
      tags('1.0.0'),
      apply(
        secret('proxy', 'Opaque', { address: 'PROXY' }),
        repository('app', { image: farImage, proxySecretRef: { name: 'proxy' }, insecure: true }),
        policy('app'),
        repository('strict', { image: farImage, proxySecretRef: { name: 'proxy' } }),
        repository('wrong', { proxySecretRef: { name: 'nowhere' } }),
        secret('nowhere', 'Opaque', { address: 'http://127.0.0.1:1' }),
      ),
      look('told'),
    ],
  },
  {
    name: 'certificates of their own',
    steps: [
      tags('1.0.0'),
      apply(repository('app', { image: secureImage }), policy('app')),
      look('unknown authority'),
      apply(secret('authority', 'Opaque', { 'ca.crt': 'AUTHORITY' })),
      patch(app, { spec: { certSecretRef: { name: 'authority' } } }),
      look('known authority'),
      apply(
        secret('old', 'Opaque', { caFile: 'AUTHORITY' }),
        repository('old', { image: secureImage, certSecretRef: { name: 'old' } }),
      ),
      look('old key'),
    ],
  },
  {
    name: 'forms of secrets',
    steps: [
      tags('1.0.0'),
      apply(
        ...(
          [
            [
              'fields',
              'kubernetes.io/dockerconfigjson',
              { '.dockerconfigjson': '{"auths":{"closed.test":{"username":"reader","password":"right"}}}' },
            ],
            [
              'old',
              'kubernetes.io/dockercfg',
              { '.dockercfg': '{"closed.test":{"username":"reader","password":"right"}}' },
            ],
            [
              'broken',
              'kubernetes.io/dockerconfigjson',
              { '.dockerconfigjson': '{"auths":{"closed.test":{"auth":"***"}}}' },
            ],
            [
              'other',
              'kubernetes.io/dockerconfigjson',
              { '.dockerconfigjson': '{"auths":{"other.test":{"username":"reader","password":"right"}}}' },
            ],
            ['empty', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{}' }],
            [
              'longest',
              'kubernetes.io/dockerconfigjson',
              {
                '.dockerconfigjson':
                  '{"auths":{"closed.test":{"username":"reader","password":"wrong"},"closed.test/NAMESPACE":{"username":"reader","password":"right"}}}',
              },
            ],
          ] as const
        ).flatMap(([name, type, data]) => [
          secret(name, type, data),
          repository(name, { image: closedImage, secretRef: { name } }),
        ]),
      ),
      look('told'),
    ],
  },
  {
    name: 'no namespace but its own',
    flags: ['--no-cross-namespace-refs', '--watch-label-selector=shard=one'],
    steps: [
      tags('1.0.0'),
      apply(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'NAMESPACE-other' } },
        repository('app', { accessFrom: { namespaceSelectors: [{}] } }, { namespace: 'NAMESPACE-other' }),
        policy(
          'app',
          { imageRepositoryRef: { name: 'app', namespace: 'NAMESPACE-other' } },
          { labels: { shard: 'one' } },
        ),
      ),
      look('refused'),
    ],
  },
];
