import { type ExpectedDifference, there } from '../expected-difference.ts';

/** What differs of what programs print, and in every scenario. */
export const shown: readonly ExpectedDifference[] = [
  ...['fluxcd-images', 'fluxcd'].flatMap((category): readonly ExpectedDifference[] => {
    const where = { scenarios: ['as kubectl shows it'], look: `kubectl get ${category} -o name` };
    return [
      {
        ...where,
        point: /^output\/(error: the server doesn't have a resource type "[a-z-]+"|status 1)$/,
        reference: there,
        documented: 'categories',
      },
      {
        ...where,
        point: /^output\/(image(policy|repository)\.image\.toolkit\.fluxcd\.io\/\w+|status 0)$/,
        ours: there,
        documented: 'categories',
      },
    ];
  }),
  {
    scenarios: ['as Prometheus reads it'],
    look: 'gotk',
    point: /^output\/gotk_token_cache(_evictions_total|d_items)\{\}$/,
    reference: there,
    documented: 'metrics',
  },
  {
    scenarios: ['as Prometheus reads it'],
    look: 'controller-runtime',
    point:
      /^output\/(controller_runtime_(max_concurrent_reconciles|reconcile_panics_total|reconcile_timeouts_total)\{controller\}|workqueue_\w+\{controller,(le,)?name(,priority)?\})$/,
    reference: there,
    documented: 'metrics',
  },
  {
    scenarios: ['as Prometheus reads it'],
    look: 'controller-runtime',
    point:
      /^output\/(leader_election_master_status|workqueue_depth|workqueue_queue_duration_seconds_(bucket|count|sum))\{(le,)?name\}$/,
    ours: there,
    documented: 'metrics',
  },
];

/** What differs of what programs print, and in every scenario. */
export const everywhere: readonly ExpectedDifference[] = [
  {
    point: /^objects\/ImagePolicy\/[a-z-]+\/conditions\/holdfast\.dev\/Selection$/,
    ours: /^(True UpToDate|False (NotSeenWhole|NothingMatches)) \(\d\)$/,
    documented: 'conditions',
  },
  {
    point: /^objects\/ImagePolicy\/[a-z-]+\/conditions\/holdfast\.dev\/Selection\/message$/,
    ours: /^([\w.-]+ under policy POLICY(; nothing moves before a whole scan|; there is no tag, or exclusionList leaves none|; none of \d+ tags? matches.*)?|nothing is selected: .*)$/,
    documented: 'conditions',
  },
  {
    scenarios: ['a suspended repository'],
    point: 'objects/ImageRepository/app/conditions/holdfast.dev/Requested',
    ours: /^True Suspended \(\d\)$/,
    documented: 'conditions',
  },
  {
    scenarios: ['a suspended repository'],
    point: 'objects/ImageRepository/app/conditions/holdfast.dev/Requested/message',
    ours: 'a scan was requested while suspended, and is owed on resume',
    documented: 'conditions',
  },
  {
    point:
      /^events\/Normal Succeeded ImageRepository\/app: (tags did not change|no change in repository configuration since last scan), next scan in DURATION$/,
    reference: there,
    documented: 'events',
  },
  {
    point: /^requests\/HEAD \/v2\/NAMESPACE\/manifests\/[\w.-]+( with Basic)?: 200$/,
    ours: there,
    documented: 'moved',
  },
];
