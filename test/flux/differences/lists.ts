import { type ExpectedDifference, ready, readyPolicy, there } from '../expected-difference.ts';

const empty =
  "scan failed: the list of open.test/image lacks 1 of 1 known tags, yet 1 of 1 asked for by name are there: the registry's list is not whole; if they are gone for good, accept it at once by: kubectl -n NAMESPACE annotate --overwrite imagerepository/app holdfast.dev/accept-shrunk=0";

/** What differs of lists that cannot be believed, and of names that are no tags. */
export const lists: readonly ExpectedDifference[] = [
  ...[
    {
      point: 'objects/ImageRepository/app/status/lastScanResult',
      reference: /"tagCount":0/,
      ours: /"tagCount":1/,
    },
    { point: `${ready}/message`, reference: /^successful scan: found 0 tags/, ours: empty },
    { point: readyPolicy, reference: 'False DependencyNotReady (1)', ours: 'True Succeeded (1)' },
    {
      point: `${readyPolicy}/message`,
      reference: 'retrying in 30s error: no tags in database',
      ours: 'Latest image tag for open.test/image resolved to 1.0.0',
    },
    { point: 'objects/ImagePolicy/app/conditions/Reconciling', reference: 'True ProgressingWithRetry (1)' },
    { point: `events/Warning ReadOperationFailed ImageRepository/app: ${empty}`, ours: there },
    { point: `posts/error ReadOperationFailed ImageRepository/app: ${empty}`, ours: there },
    { point: 'requests/HEAD /v2/NAMESPACE/manifests/1.0.0: 200', ours: there },
  ].map((one) => ({
    ...one,
    scenarios: ['a list without tags'],
    look: 'null',
    documented: 'disbelieved' as const,
  })),
  ...[
    {
      point: 'objects/ImageRepository/app/status/lastScanResult',
      reference: /"tagCount":1/,
      ours: /"tagCount":3/,
    },
    { point: `${ready}/message`, reference: /: found 1 tags/, ours: /: found 3 tags/ },
    {
      point: 'objects/ImagePolicy/app/status/latestRef',
      reference: /"tag":"1\.0\.0"/,
      ours: /"tag":"1\.2\.0"/,
    },
    { point: 'objects/ImagePolicy/app/status/observedPreviousRef', reference: /"tag":"1\.2\.0"/ },
    {
      point: `${readyPolicy}/message`,
      reference: 'Latest image tag for open.test/image resolved to 1.0.0 (previously open.test/image:1.2.0)',
      ours: 'Latest image tag for open.test/image resolved to 1.2.0',
    },
    {
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .* resolved to 1\.0\.0 \(previously /,
      reference: there,
    },
    {
      point: /^(events\/Normal|posts\/info) Succeeded ImageRepository\/app: .*: found 1 tags/,
      reference: there,
    },
    { point: /^requests\/HEAD \/v2\/NAMESPACE\/manifests\/1\.[012]\.0: 200$/, ours: there },
  ].map((one) => ({
    ...one,
    scenarios: ['a list that is cut short'],
    look: 'cut',
    documented: 'disbelieved' as const,
  })),
  ...[
    { point: 'objects/ImagePolicy/app/status/observedPreviousRef', reference: /"tag":"1\.0\.0"/ },
    {
      point: `${readyPolicy}/message`,
      reference: 'Latest image tag for open.test/image resolved to 1.2.0 (previously open.test/image:1.0.0)',
      ours: 'Latest image tag for open.test/image resolved to 1.2.0',
    },
    {
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .* resolved to 1\.2\.0 \(previously /,
      reference: there,
    },
  ].map((one) => ({
    ...one,
    scenarios: ['a list that is cut short'],
    look: 'whole',
    documented: 'disbelieved' as const,
  })),
  ...[
    {
      point: 'objects/ImageRepository/app/status/lastScanResult',
      reference: /"1\.2\.3\+build\.5".*"tagCount":8/,
      ours: /"tagCount":7/,
    },
    { point: `${ready}/message`, reference: /: found 8 tags/, ours: /: found 7 tags/ },
  ].map((one) => ({ ...one, scenarios: ['ranges of versions'], documented: 'exact' as const })),
  ...[
    {
      point: /^(events\/Normal|posts\/info) Succeeded ImageRepository\/app: .*: found 8 tags/,
      reference: there,
    },
    { point: /^(events\/Normal|posts\/info) Succeeded ImageRepository\/app: .*: found 7 tags/, ours: there },
  ].map((one) => ({
    ...one,
    scenarios: ['ranges of versions'],
    look: 'selected',
    documented: 'exact' as const,
  })),
];
