import { type Documented, type ExpectedDifference, there } from '../expected-difference.ts';

/** One that the reference finds well, and ours scans otherwise, or the other way round. */
function otherwise(
  scenario: string,
  name: string,
  documented: Documented,
  points: readonly Pick<ExpectedDifference, 'point' | 'reference' | 'ours'>[],
): readonly ExpectedDifference[] {
  const of = { scenarios: [scenario], look: 'told', documented };
  const told = new RegExp(`^(events|posts)/\\w+ \\w+ ImageRepository/${name}: `);
  return [
    ...points.map(({ point, ...rest }) => ({
      ...of,
      ...rest,
      point: `objects/ImageRepository/${name}/${String(point)}`,
    })),
    { ...of, point: told, reference: there },
    { ...of, point: told, ours: there },
  ];
}

const retrying = 'True ProgressingWithRetry (1)';
const scanned = [
  'status/canonicalImageName',
  'status/lastScanResult',
  'status/observedExclusionList',
] as const;

/** It is scanned by ours, and not by the reference. */
function scannedByOurs(scenario: string, name: string, documented: Documented) {
  return otherwise(scenario, name, documented, [
    { point: 'status/observedGeneration', reference: '-1', ours: '1' },
    { point: 'conditions/Reconciling', reference: retrying },
    { point: 'conditions/Ready', reference: 'False ReadOperationFailed (1)', ours: 'True Succeeded (1)' },
    { point: 'conditions/Ready/message', reference: /^scan failed: /, ours: /^successful scan: / },
    ...scanned.map((point) => ({ point, ours: /./ })),
  ]);
}

/** What differs of what is not in the book. */
export const strange: readonly ExpectedDifference[] = [
  ...['hostile', 'twice'].flatMap((name) =>
    otherwise('answers of all kinds', name, 'exact', [
      { point: 'status/lastScanResult', reference: /"tagCount":[28]/, ours: /"tagCount":1/ },
      { point: 'conditions/Ready/message', reference: /found [28] tags/, ours: /found 1 tags/ },
    ]),
  ),
  ...otherwise('answers of all kinds', 'null', 'disbelieved', [
    ...scanned.map((point) => ({ point, reference: /./ })),
    { point: 'status/observedGeneration', reference: '1', ours: '-1' },
    { point: 'conditions/Reconciling', ours: retrying },
    { point: 'conditions/Ready', reference: 'True Succeeded (1)', ours: 'False ReadOperationFailed (1)' },
    {
      point: 'conditions/Ready/message',
      reference: /^successful scan: found 0 tags/,
      ours: /^scan failed: .* the list of tags cannot be read/,
    },
  ]),
  ...['dash', 'dot', 'slash', 'slashes', 'underscore'].flatMap((name) =>
    otherwise('images of every spelling', name, 'spelling', [
      { point: 'status/observedGeneration', reference: '-1', ours: '1' },
      { point: 'conditions/Reconciling', reference: retrying },
      {
        point: 'conditions/Ready',
        reference: 'False ReadOperationFailed (1)',
        ours: 'False ImageURLInvalid (1)',
      },
      {
        point: 'conditions/Ready/message',
        reference: /^scan failed: .* NAME_INVALID/,
        ours: /^could not parse reference: /,
      },
      { point: 'conditions/Stalled', ours: 'True ImageURLInvalid (1)' },
      { point: 'conditions/Stalled/message', ours: /^could not parse reference: / },
    ]),
  ),
  {
    scenarios: ['images of every spelling'],
    point: 'requests/GET /v2/NAMESPACE//tags/list: 400',
    reference: there,
    documented: 'spelling',
  },
  ...scannedByOurs('names of the default host', 'local', 'spelling'),
  ...scannedByOurs('secrets of all kinds', 'account-second', 'logins'),
];
