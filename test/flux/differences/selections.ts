import { type ExpectedDifference, readyPolicy, there } from '../expected-difference.ts';

const refusedMessage =
  '1.1.0 under policy POLICY; refused 1.0.0, which ranks below it (tags with checksum 160432618; selection known from the status; the registry no longer has it by name); push 1.1.0 again, or allow it by holdfast.dev/allow-rollback: 1.0.0';

/** What differs of selections. */
export const selections: readonly ExpectedDifference[] = [
  ...[
    {
      point: 'objects/ImagePolicy/all/status/latestRef',
      reference: /"tag":"1\.0\.0"/,
      ours: /"tag":"1\.1\.0"/,
    },
    { point: 'objects/ImagePolicy/all/status/observedPreviousRef', reference: /"tag":"1\.1\.0"/ },
    {
      point: 'objects/ImagePolicy/all/conditions/Ready/message',
      reference: 'Latest image tag for open.test/image resolved to 1.0.0 (previously open.test/image:1.1.0)',
      ours: 'Latest image tag for open.test/image resolved to 1.1.0',
    },
    {
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/all: .* resolved to 1\.0\.0 \(previously /,
      reference: there,
    },
  ].map((one) => ({
    ...one,
    scenarios: ['two repositories of one image'],
    look: 'asked',
    documented: 'lists' as const,
  })),
  ...[
    {
      point: 'objects/ImagePolicy/app/status/latestRef',
      reference: /"tag":"1\.0\.0"/,
      ours: /"tag":"1\.1\.0"/,
    },
    { point: 'objects/ImagePolicy/app/status/observedPreviousRef', reference: /"tag":"1\.1\.0"/ },
    {
      point: `${readyPolicy}/message`,
      reference: 'Latest image tag for open.test/image resolved to 1.0.0 (previously open.test/image:1.1.0)',
      ours: 'Latest image tag for open.test/image resolved to 1.1.0',
    },
    {
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .* resolved to 1\.0\.0 \(previously /,
      reference: there,
    },
    { point: `events/Warning RegressionRefused ImagePolicy/app: ${refusedMessage}`, ours: there },
    { point: `posts/error RegressionRefused ImagePolicy/app: ${refusedMessage}`, ours: there },
    {
      point: 'objects/ImagePolicy/app/conditions/holdfast.dev/Selection',
      ours: 'False RegressionRefused (1)',
    },
    { point: 'objects/ImagePolicy/app/conditions/holdfast.dev/Selection/message', ours: refusedMessage },
    { point: /^requests\/(GET|HEAD) \/v2\/NAMESPACE\/manifests\/1\.1\.0: 404$/, ours: there },
  ].map((one) => ({
    ...one,
    scenarios: ['the newest tag goes away'],
    look: 'gone',
    documented: 'refused' as const,
  })),
  ...[
    { point: 'objects/ImagePolicy/app/status/observedGeneration', reference: '-1', ours: '1' },
    { point: 'objects/ImagePolicy/app/conditions/Reconciling', reference: 'True ProgressingWithRetry (1)' },
    { point: readyPolicy, reference: 'False Failure (1)', ours: 'True Succeeded (1)' },
    {
      point: `${readyPolicy}/message`,
      reference: "failed to parse invalid numeric value 'main'",
      ours: 'Latest image tag for open.test/image resolved to 20',
    },
    { point: 'objects/ImagePolicy/app/status/latestRef', ours: /"tag":"20"/ },
    {
      point:
        /^(events\/Warning|posts\/error) Failure ImagePolicy\/app: failed to parse invalid numeric value 'main'$/,
      reference: there,
    },
    { point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .* resolved to 20$/, ours: there },
  ].map((one) => ({ ...one, scenarios: ['a tag that is no number'], documented: 'exact' as const })),
  ...[
    {
      point: 'objects/ImagePolicy/scheme/conditions/Ready',
      reference: 'True Succeeded (1)',
      ours: 'False ImageURLInvalid (1)',
    },
    {
      point: 'objects/ImagePolicy/scheme/conditions/Ready/message',
      reference: 'Latest image tag for open.test/image resolved to 1.0.0',
      ours: "image 'http://open.test/image' should not include URL scheme; remove 'http://'",
    },
    {
      point: /^objects\/ImagePolicy\/scheme\/conditions\/Stalled(\/message)?$/,
      ours: /ImageURLInvalid|should not include URL scheme/,
    },
    {
      point: /^(events\/Warning|posts\/error) ImageURLInvalid ImagePolicy\/scheme: image 'http:/,
      ours: there,
    },
  ].map((one) => ({
    ...one,
    scenarios: ['images that cannot be'],
    look: 'broken again',
    documented: 'image' as const,
  })),
  ...[{ point: 'requests/GET /v2/NAMESPACE/tags/list: 200', ours: there }].map((one) => ({
    ...one,
    scenarios: ['another image with other tags'],
    look: 'back',
    documented: 'image' as const,
  })),
  ...[
    {
      point: 'objects/ImagePolicy/once/status/observedPreviousRef',
      reference: /"tag":"1\.1\.0"/,
      ours: /"tag":"1\.0\.0"/,
    },
    {
      point: 'objects/ImagePolicy/once/conditions/Ready/message',
      reference: /\(previously open\.test\/image:1\.1\.0@/,
      ours: /\(previously open\.test\/image:1\.0\.0@/,
    },
    {
      point:
        /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/once: .*\(previously open\.test\/image:1\.1\.0@/,
      reference: there,
    },
    {
      point:
        /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/once: .*\(previously open\.test\/image:1\.0\.0@/,
      ours: there,
    },
  ].map((one) => ({ ...one, scenarios: ['digests'], look: 'without', documented: 'digests' as const })),
];
