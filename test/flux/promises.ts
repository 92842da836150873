/**
 * What users of Flux's image kinds lean on, and the scenarios (or, where none can show it, the test file) that hold
 * ours to it.
 */
export const promises: Readonly<Record<string, readonly string[]>> = {
  // The kinds
  'v1 alone is served': ['what the API server refuses'],
  'patterns, enums, limits and CEL rules of both specs': ['what the API server refuses'],
  'short names, categories, printer columns': ['as kubectl shows it'],
  'an image with a scheme, a tag, a digest or nonsense is Stalled/ImageURLInvalid': [
    'images that cannot be',
    'images of every spelling',
  ],
  'an image that is mended is scanned': ['images that cannot be'],
  'another image is scanned at once': ['another image with other tags', 'another image with the same tags'],
  'canonicalImageName of the default host': ['names of the default host'],
  'canonicalImageName, lastScanResult, observedExclusionList': ['a first scan, and a newer version'],
  'latestTags: ten, byte-descending; tagCount counts all': ['more tags than are shown'],
  'exclusionList: its default, replaced, emptied, changed, unusable': [
    'a list of exclusions',
    'exclusions that leave nothing',
  ],
  'what is edited besides asks for no scan: labels, order of exclusions, an empty request': [
    'what asks for no scan',
  ],
  'latestRef.name is spec.image as written': ['a first scan, and a newer version'],
  'observedPreviousRef: only once there was one, and kept through failures': [
    'what was selected before, after a failure',
  ],
  // Policies
  'semver ranges, pre-releases, loose versions': ['ranges of versions', 'test/shared/policy-cases.test.ts'],
  'alphabetical and numerical, both ways': ['alphabetical and numerical'],
  'ties without a filter': ['ties of versions', 'ties of numbers'],
  'filterTags: pattern, extract, named groups, nothing matches, not RE2': [
    'filters',
    'hard and wrong patterns',
  ],
  'of several kinds semver wins; none is Stalled/InvalidPolicy': ['policies that make no sense'],
  'a broken range is Stalled until it is mended': ['policies that make no sense'],
  'digestReflectionPolicy Never, IfNotPresent, Always': ['digests', 'a tag that is pushed again'],
  'a digest that cannot be had is Failed': ['a digest that is not to be had'],
  'a policy that is edited: its repository, kind, filter, digests': [
    'another repository for a policy',
    'a policy that becomes another',
    'digests over time',
  ],
  // Scans
  'pages by Link, whatever its form': ['pages'],
  'a scan at each interval; another interval is no reason for one': [
    'a scan at each interval',
    'a changed interval',
  ],
  '429 and 5xx are tried again': ['a registry that is busy', 'a registry that is busy for long'],
  'a failed scan is ReadOperationFailed': [
    'a registry that fails',
    'an image nobody pushed',
    'answers of all kinds',
  ],
  'intervals and timeouts: none, short, long': [
    'intervals and timeouts at their ends',
    'a registry that is slow',
  ],
  'observedGeneration stays -1 while an object fails from its start': [
    'a registry that fails from the start',
  ],
  'no rescan after a restart with its store, one with an empty store': ['started again'],
  // Access
  'docker config secrets: forms, longest path, keys as URLs': ['credentials', 'forms of secrets'],
  'secrets missing or of use to nobody': ['credentials', 'certificates and proxies that cannot be used'],
  'pull secrets of a ServiceAccount': ['a service account with pull secrets'],
  'another secret is looked for at once': ['another secret'],
  'secrets and ServiceAccounts of all kinds': ['secrets of all kinds'],
  "a cloud's refusal is ReadOperationFailed": ['clouds that know nobody here'],
  'certSecretRef, and its legacy key': ['certificates of their own'],
  'proxySecretRef; plain HTTP off loopback needs insecure': ['plain HTTP off loopback'],
  'workload identity needs its feature gate: FeatureGateDisabled': [
    'certificates and proxies that cannot be used',
  ],
  'accessFrom: absent, unfitting, fitting': ['across namespaces', 'whom accessFrom admits'],
  '--no-cross-namespace-refs': ['no namespace but its own'],
  '--watch-label-selector, --watch-all-namespaces=false: nothing is written elsewhere': [
    'another shard',
    'another namespace than its own',
  ],
  // Requests, suspension, the end
  'lastHandledReconcileAt, also of suspended, failing and stalled objects': [
    'a suspended repository',
    'a suspended policy',
    'a registry that fails from the start',
    'asked while stalled',
    'suspended in every state',
  ],
  'a policy without its repository is DependencyNotReady': ['a policy without its repository'],
  'the finalizer on both kinds, put back, and gone in every state': [
    'a finalizer taken away',
    'deleted in every state',
    "held by somebody else's finalizer",
  ],
  'objects that are made anew': ['made anew'],
  'two repositories of one image': ['two repositories of one image'],
  // What is read
  'kstatus: kubectl wait for Ready and Stalled': ['as kubectl shows it'],
  'flux get, reconcile, suspend, resume, export, create, delete': [
    'as flux shows it',
    'as flux makes and rests it',
  ],
  'events and posts: severity, reason, metadata, what is posted and what not': ['notes for notifications'],
  'gotk_… and controller-runtime metrics': ['as Prometheus reads it'],
  "flags and environment of Flux's Deployment": ['test/slow/flux-moving-over.test.ts'],
  'image-automation-controller goes on': ['test/slow/flux-automation.test.ts'],
  'leader election, hand-over': ['test/slow/incident-replay.test.ts'],
};
