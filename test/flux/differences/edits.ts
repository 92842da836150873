import { type ExpectedDifference, readyPolicy, there } from '../expected-difference.ts';

const renamed =
  /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .* open\.test\/image\/other resolved to 1\.1\.0 /;

const refused =
  /^1\.1\.0 under policy POLICY; refused 1\.0\.0, which ranks below it \(tags with checksum 160432618; selection known from the (status|ledger); the registry no longer has it by name\); push 1\.1\.0 again, or allow it by holdfast\.dev\/allow-rollback: 1\.0\.0$/;

/** What differs of objects that are edited, or made anew. */
export const edits: readonly ExpectedDifference[] = [
  ...[
    {
      look: 'renamed',
      point: 'objects/ImagePolicy/app/status/latestRef',
      reference: '{"name":"open.test/image","tag":"1.1.0"}',
      ours: '{"name":"open.test/image/other","tag":"1.1.0"}',
    },
    {
      look: 'renamed',
      point: 'objects/ImagePolicy/app/status/observedPreviousRef',
      ours: '{"name":"open.test/image","tag":"1.1.0"}',
    },
    {
      look: 'renamed',
      point: `${readyPolicy}/message`,
      reference: 'Latest image tag for open.test/image resolved to 1.1.0',
      ours: 'Latest image tag for open.test/image/other resolved to 1.1.0 (previously open.test/image:1.1.0)',
    },
    { look: 'renamed', point: renamed, ours: there },
    { look: 'asked', point: renamed, reference: there },
  ].map((one) => ({
    ...one,
    scenarios: ['another image with the same tags'],
    documented: 'image' as const,
  })),
  ...[
    { point: readyPolicy, reference: 'False Failure (5)', ours: 'False InvalidPolicy (6)' },
    {
      point: `${readyPolicy}/message`,
      reference: 'unable to determine latest version from provided list',
      ours: 'invalid policy: given ImagePolicyChoice object is invalid',
    },
    {
      point: /^(events\/Warning|posts\/error) InvalidPolicy ImagePolicy\/app: invalid policy: /,
      ours: there,
    },
  ].map((one) => ({
    ...one,
    scenarios: ['a policy that becomes another'],
    look: 'none after a failure',
    documented: 'stalled' as const,
  })),
  ...[
    {
      point: 'objects/ImageRepository/stalled/conditions/Ready',
      reference: 'False ImageURLInvalid (1)',
      ours: 'False ImageURLInvalid (3)',
    },
    {
      point: 'objects/ImagePolicy/broken/conditions/Ready',
      reference: 'False InvalidPolicy (1)',
      ours: 'False InvalidPolicy (3)',
    },
  ].map((one) => ({
    ...one,
    scenarios: ['suspended in every state'],
    look: 'resumed',
    documented: 'stalled' as const,
  })),
  ...[
    {
      point: /^objects\/ImageRepository\/(failing|stalled)\/conditions\/holdfast\.dev\/Requested$/,
      ours: 'True Suspended (2)',
    },
    {
      point: /^objects\/ImageRepository\/(failing|stalled)\/conditions\/holdfast\.dev\/Requested\/message$/,
      ours: 'a scan was requested while suspended, and is owed on resume',
    },
  ].map((one) => ({ ...one, scenarios: ['suspended in every state'], documented: 'conditions' as const })),
  {
    scenarios: ['another secret'],
    look: 'first',
    point: 'requests/GET /v2/NAMESPACE/tags/list: 401',
    ours: there,
    documented: 'challenge',
  },
  {
    scenarios: ['another secret'],
    look: 'back',
    point: 'requests/GET /v2/NAMESPACE/tags/list with Basic: 200',
    ours: there,
    documented: 'visible',
  },
  ...[
    {
      point: 'objects/ImagePolicy/app/status/latestRef',
      reference: /"tag":"1\.0\.0"/,
      ours: /"tag":"1\.1\.0"/,
    },
    { point: `${readyPolicy}/message`, reference: /resolved to 1\.0\.0$/, ours: /resolved to 1\.1\.0$/ },
    {
      point: 'objects/ImagePolicy/app/conditions/holdfast.dev/Selection',
      ours: 'False RegressionRefused (1)',
    },
    { point: 'objects/ImagePolicy/app/conditions/holdfast.dev/Selection/message', ours: refused },
    { point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .*1\.0\.0$/, reference: there },
    { point: /^(events\/Warning|posts\/error) RegressionRefused ImagePolicy\/app: /, ours: there },
  ].map((one) => ({
    ...one,
    scenarios: ['made anew'],
    look: 'again',
    documented: 'refused' as const,
  })),
  ...[
    {
      point: 'objects/ImagePolicy/app/status/observedPreviousRef',
      reference: /"tag":"1\.0\.0"/,
      ours: /"tag":"1\.1\.0"/,
    },
    {
      point: `${readyPolicy}/message`,
      reference: /\(previously open\.test\/image:1\.0\.0\)$/,
      ours: /\(previously open\.test\/image:1\.1\.0\)$/,
    },
    {
      point:
        /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .*\(previously open\.test\/image:1\.0\.0\)$/,
      reference: there,
    },
    {
      point:
        /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .*\(previously open\.test\/image:1\.1\.0\)$/,
      ours: there,
    },
  ].map((one) => ({
    ...one,
    scenarios: ['made anew'],
    look: 'a repository made anew',
    documented: 'refused' as const,
  })),
  {
    scenarios: ['made anew'],
    point: /^requests\/(GET|HEAD) \/v2\/NAMESPACE\/manifests\/1\.1\.0: 404$/,
    ours: there,
    documented: 'refused',
  },
  ...[
    {
      look: 'by other policies',
      point: 'objects/ImagePolicy/once/status/observedPreviousRef',
      reference: /"digest":"sha256:/,
    },
    {
      look: 'by other policies',
      point: 'objects/ImagePolicy/once/conditions/Ready/message',
      reference: /resolved to 1\.0\.0 \(previously open\.test\/image:1\.0\.0@/,
      ours: /resolved to 1\.0\.0$/,
    },
    {
      look: 'by other policies',
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/once: .* \(previously /,
      reference: there,
    },
    {
      look: 'by other policies',
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/once: .* resolved to 1\.0\.0$/,
      ours: there,
    },
    {
      look: 'where HEAD is refused',
      point: 'objects/ImagePolicy/app/status/latestRef',
      reference: /"tag":"1\.0\.0"/,
      ours: /"tag":"1\.1\.0"/,
    },
    {
      look: 'where HEAD is refused',
      point: /^objects\/ImagePolicy\/app\/status\/observedPreviousRef$/,
      reference: /./,
      ours: /./,
    },
    {
      look: 'where HEAD is refused',
      point: 'objects/ImagePolicy/app/conditions/Reconciling',
      reference: 'True ProgressingWithRetry (2)',
    },
    {
      look: 'where HEAD is refused',
      point: readyPolicy,
      reference: 'False Failed (2)',
      ours: 'True Succeeded (2)',
    },
    {
      look: 'where HEAD is refused',
      point: `${readyPolicy}/message`,
      reference: /^failed fetching digest of .* 405 Method Not Allowed/,
      ours: /resolved to 1\.1\.0 with digest /,
    },
    {
      look: 'where HEAD is refused',
      point: /^(events\/Warning|posts\/error) Failed ImagePolicy\/app: .* 405 /,
      reference: there,
    },
    {
      look: 'where HEAD is refused',
      point: /^(events\/Normal|posts\/info) Succeeded ImagePolicy\/app: .* resolved to 1\.1\.0 with digest /,
      ours: there,
    },
    {
      look: 'where HEAD is refused',
      point:
        /^requests\/(GET \/v2\/NAMESPACE\/manifests\/1\.[01]\.0: 200|HEAD \/v2\/NAMESPACE\/manifests\/1\.0\.0: 405)$/,
      ours: there,
    },
  ].map((one) => ({ ...one, scenarios: ['digests over time'], documented: 'digests' as const })),
];
