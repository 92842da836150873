/**
 * Every metric there is: `docs/metrics.md`, the dashboard and the alerts are checked against this list. Names
 * that other dashboards read already are theirs: Flux's `gotk_…`, controller-runtime's, and Prometheus' own
 * `process_…` and `nodejs_…`, which come with the library and are not listed.
 */
export type MetricDefinition = {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
};

const object = ['namespace', 'name'] as const;

/** Scans take from some ten milliseconds to the minutes of a million tags behind a slow registry. */
const scanBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Ledger questions: a local file answers within a millisecond, a database far away within a second. */
const ledgerBuckets = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** Source: controller-runtime's workqueue metrics, 10 ns to 1000 s. */
const queueBuckets = Array.from({ length: 12 }, (_, at) => 10 ** (at - 8));

/** Source: controller-runtime's reconcile time. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Source: Flux's runtime/metrics, ten buckets from 10 ms to 30 minutes, each so many times the one before. */
const gotkBuckets = Array.from({ length: 10 }, (_, at) => 0.01 * (1800 / 0.01) ** (at / 9));

export const catalogue = {
  scans: {
    kind: 'counter',
    name: 'holdfast_scans_total',
    help: 'Scans of an ImageRepository, by outcome: complete, failed, suspect (an answer not believed), skipped (put off).',
    labels: [...object, 'outcome'],
  },
  scanSeconds: {
    kind: 'histogram',
    name: 'holdfast_scan_duration_seconds',
    help: 'How long scans took, by outcome.',
    labels: ['outcome'],
    buckets: scanBuckets,
  },
  lastScanSeconds: {
    kind: 'gauge',
    name: 'holdfast_repository_scan_duration_seconds',
    help: 'How long the last complete scan of an ImageRepository took.',
    labels: object,
  },
  lastScanAt: {
    kind: 'gauge',
    name: 'holdfast_repository_scanned_timestamp_seconds',
    help: 'When the last complete scan of an ImageRepository ended.',
    labels: object,
  },
  scanPutOffAt: {
    kind: 'gauge',
    name: 'holdfast_repository_scan_put_off_timestamp_seconds',
    help: 'Since when a scan of an ImageRepository that is due waits for memory; absent where none waits.',
    labels: object,
  },
  tags: {
    kind: 'gauge',
    name: 'holdfast_repository_tags',
    help: 'Tags that the last complete scan of an ImageRepository found, after exclusion.',
    labels: object,
  },
  tagChanges: {
    kind: 'counter',
    name: 'holdfast_repository_tag_changes_total',
    help: 'Tags that scans of an ImageRepository found added or removed, and selected tags found moved to another digest.',
    labels: [...object, 'change'],
  },
  registryRequests: {
    kind: 'counter',
    name: 'holdfast_registry_requests_total',
    help: 'Requests to a registry, by HTTP status; none where no answer came.',
    labels: ['host', 'status'],
  },
  rateLimitRemaining: {
    kind: 'gauge',
    name: 'holdfast_registry_rate_limit_remaining',
    help: 'Requests that a registry said it still allows, when last it said so.',
    labels: ['host'],
  },
  selection: {
    kind: 'gauge',
    name: 'holdfast_selection_info',
    help: 'The tag that an ImagePolicy selects: always 1.',
    labels: [...object, 'image', 'tag'],
  },
  selectedAt: {
    kind: 'gauge',
    name: 'holdfast_selection_timestamp_seconds',
    help: 'Since when an ImagePolicy selects this tag, as the ledger has it: time() minus it is its age.',
    labels: object,
  },
  regressionsRefused: {
    kind: 'counter',
    name: 'holdfast_regressions_refused_total',
    help: 'Selections of an ImagePolicy that would have gone back and were refused.',
    labels: object,
  },
  missingRollbacks: {
    kind: 'counter',
    name: 'holdfast_missing_tag_rollbacks_total',
    help: 'Times that an ImagePolicy went back because the tag it selected was gone, as on-missing=Rollback allows.',
    labels: object,
  },
  selectedTagMoves: {
    kind: 'counter',
    name: 'holdfast_selected_tag_moves_total',
    help: 'Moves of the tag that an ImagePolicy selects: it was found to point to another digest than before.',
    labels: object,
  },
  holds: {
    kind: 'gauge',
    name: 'holdfast_hold_info',
    help: 'An ImagePolicy with a hold in force: always 1.',
    labels: object,
  },
  holdUntil: {
    kind: 'gauge',
    name: 'holdfast_hold_expiry_timestamp_seconds',
    help: 'When the hold on an ImagePolicy expires or has expired, while its annotation stands; absent for a hold without end.',
    labels: object,
  },
  ledgerSeconds: {
    kind: 'histogram',
    name: 'holdfast_ledger_duration_seconds',
    help: 'How long the ledger took to answer, by operation and outcome (success, error).',
    labels: ['operation', 'outcome'],
    buckets: ledgerBuckets,
  },
  memoryUsed: {
    kind: 'gauge',
    name: 'holdfast_memory_used_bytes',
    help: 'Resident memory of the process, as it is weighed against its limit.',
    labels: [],
  },
  memoryLimit: {
    kind: 'gauge',
    name: 'holdfast_memory_limit_bytes',
    help: "The container's memory limit; absent where there is none.",
    labels: [],
  },
  eventsDropped: {
    kind: 'counter',
    name: 'holdfast_events_dropped_total',
    help: 'Events that were not delivered, by sink (kubernetes, notification): too many, or nobody took them.',
    labels: ['sink'],
  },
  gotkReconcileSeconds: {
    kind: 'histogram',
    name: 'gotk_reconcile_duration_seconds',
    help: 'The duration in seconds of a reconcile of an object, as Flux has it.',
    labels: ['kind', 'name', 'namespace'],
    buckets: gotkBuckets,
  },
  reconciles: {
    kind: 'counter',
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by controller and result: success, error, requeue, requeue_after.',
    labels: ['controller', 'result'],
  },
  reconcileErrors: {
    kind: 'counter',
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed, by controller.',
    labels: ['controller'],
  },
  reconcileSeconds: {
    kind: 'histogram',
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long reconciles took, by controller.',
    labels: ['controller'],
    buckets: reconcileBuckets,
  },
  activeWorkers: {
    kind: 'gauge',
    name: 'controller_runtime_active_workers',
    help: 'Reconciles under way, by controller.',
    labels: ['controller'],
  },
  queueDepth: {
    kind: 'gauge',
    name: 'workqueue_depth',
    help: 'Objects that are due and wait for a worker, by controller.',
    labels: ['name'],
  },
  queueSeconds: {
    kind: 'histogram',
    name: 'workqueue_queue_duration_seconds',
    help: 'How long objects waited for a worker after they were due, by controller.',
    labels: ['name'],
    buckets: queueBuckets,
  },
  apiServerRequests: {
    kind: 'counter',
    name: 'rest_client_requests_total',
    help: 'Requests to the Kubernetes API server, by HTTP status (<error>: no answer came), method and host.',
    labels: ['code', 'method', 'host'],
  },
  leader: {
    kind: 'gauge',
    name: 'leader_election_master_status',
    help: 'Whether this replica holds the lease, or takes part where all are active: 1 or 0; 0 for one that observes.',
    labels: ['name'],
  },
  claimsHeld: {
    kind: 'gauge',
    name: 'holdfast_claims_held',
    help: 'Tag lists that this replica works on, where all replicas are active.',
    labels: [],
  },
  claimsShare: {
    kind: 'gauge',
    name: 'holdfast_claims_share',
    help: 'Tag lists that are the share of this replica.',
    labels: [],
  },
  claimsReplicas: {
    kind: 'gauge',
    name: 'holdfast_claims_replicas',
    help: 'Replicas that share the work, as this one sees them; 0 where it is cut off from the ledger.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

export type Catalogue = typeof catalogue;
