import { type ExpectedDifference, ready, there } from '../expected-difference.ts';

const scanned = /^successful scan: found \d+ tags with checksum \d+$/;

/** What differs of a scan that fails, or costs a request. */
export const staysFailed: readonly ExpectedDifference[] = [
  ...[
    { scenarios: ['a registry that fails', 'a registry that is busy for long'] },
    { scenarios: ['a list without tags'], look: 'null' },
  ].flatMap((where): readonly ExpectedDifference[] => [
    {
      ...where,
      point: ready,
      reference: 'True Succeeded (1)',
      ours: 'False ReadOperationFailed (1)',
      documented: 'visible',
    },
    {
      ...where,
      point: 'objects/ImageRepository/app/conditions/Reconciling',
      ours: 'True ProgressingWithRetry (1)',
      documented: 'visible',
    },
  ]),
  {
    scenarios: ['a registry that fails', 'a registry that is busy for long'],
    point: `${ready}/message`,
    reference: scanned,
    ours: /^scan failed: open\.test\/image: open\.test answered (403|429|502|with a web page)/,
    documented: 'visible',
  },
];

/** What differs of a scan that fails, or costs a request. */
export const scans: readonly ExpectedDifference[] = [
  {
    scenarios: ['a list of exclusions'],
    look: 'bad',
    point: 'requests/GET /v2/NAMESPACE/tags/list: 200',
    reference: there,
    documented: 'patterns',
  },
  {
    scenarios: ['pages'],
    look: 'n refused',
    point:
      /^(events\/Warning|posts\/error) ReadOperationFailed ImageRepository\/app: .*PAGINATION_NUMBER_INVALID/,
    reference: there,
    documented: 'pages',
  },
  {
    scenarios: ['pages'],
    look: 'n refused',
    point: 'requests/GET /v2/NAMESPACE/tags/list: 200',
    ours: there,
    documented: 'pages',
  },
  {
    scenarios: ['a finalizer taken away'],
    look: 'put back',
    point: 'requests/GET /v2/NAMESPACE/tags/list: 200',
    ours: there,
    documented: 'finalizer',
  },
];
