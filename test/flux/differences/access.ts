import { type ExpectedDifference, ready, readyPolicy, there } from '../expected-difference.ts';

/** What differs of credentials and access. */
export const access: readonly ExpectedDifference[] = [
  ...[
    { point: readyPolicy, reference: 'True Succeeded (1)', ours: 'False AccessDenied (1)' },
    {
      point: `${readyPolicy}/message`,
      reference: 'Latest image tag for open.test/image resolved to 1.0.0',
      ours: /^failed to get the referred ImageRepository: access denied: /,
    },
    { point: 'objects/ImagePolicy/app/conditions/Reconciling', ours: 'True ProgressingWithRetry (1)' },
  ].map((one) => ({
    ...one,
    scenarios: ['across namespaces'],
    look: 'taken away',
    documented: 'woken' as const,
  })),
  {
    scenarios: ['credentials', 'a service account with pull secrets'],
    point: 'requests/GET /v2/NAMESPACE/tags/list: 401',
    ours: there,
    documented: 'challenge',
  },
  {
    scenarios: ['credentials'],
    look: 'wrong type',
    point: 'requests/GET /v2/NAMESPACE/tags/list: 401',
    reference: there,
    documented: 'secrets',
  },
  {
    scenarios: ['credentials'],
    look: 'wrong type',
    point: ready,
    reference: 'False ReadOperationFailed (2)',
    ours: 'False AuthenticationFailed (2)',
    documented: 'secrets',
  },
];
