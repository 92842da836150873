/** The kinds that the fake API server serves. */

export type FakeKind = {
  readonly plural: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  /** Status is written through its own subresource only, and a change of the rest counts as a generation. */
  readonly hasStatus: boolean;
  /** A replacement must say which version it replaces. */
  readonly needsVersion: boolean;
};

const flux = { group: 'image.toolkit.fluxcd.io', hasStatus: true, needsVersion: true } as const;
const workload = { group: 'apps', hasStatus: true } as const;

const kinds: readonly FakeKind[] = [
  kindOf('namespaces', 'Namespace', { isNamespaced: false }),
  kindOf('nodes', 'Node', { isNamespaced: false }),
  kindOf('pods', 'Pod', { hasStatus: true }),
  kindOf('events', 'Event'),
  kindOf('configmaps', 'ConfigMap'),
  kindOf('secrets', 'Secret'),
  kindOf('serviceaccounts', 'ServiceAccount'),
  kindOf('replicasets', 'ReplicaSet', workload),
  kindOf('deployments', 'Deployment', workload),
  kindOf('statefulsets', 'StatefulSet', workload),
  kindOf('daemonsets', 'DaemonSet', workload),
  kindOf('jobs', 'Job', { ...workload, group: 'batch' }),
  kindOf('cronjobs', 'CronJob', { ...workload, group: 'batch' }),
  kindOf('leases', 'Lease', { group: 'coordination.k8s.io', needsVersion: true }),
  kindOf('imagerepositories', 'ImageRepository', flux),
  kindOf('imagepolicies', 'ImagePolicy', flux),
  kindOf('imageupdateautomations', 'ImageUpdateAutomation', flux),
];

export function findKind(plural: string, group?: string): FakeKind | undefined {
  return kinds.find((one) => one.plural === plural && (group === undefined || one.group === group));
}

export function apiVersionOf({ group }: FakeKind): string {
  return group === '' ? 'v1' : `${group}/v1`;
}

/** As messages name it: `imagepolicies.image.toolkit.fluxcd.io "app"`. */
export function describeObject({ plural, group }: FakeKind, name: string): string {
  return `${plural}${group === '' ? '' : `.${group}`} ${JSON.stringify(name)}`;
}

function kindOf(plural: string, kind: string, rest: Partial<FakeKind> = {}): FakeKind {
  return { plural, kind, group: '', isNamespaced: true, hasStatus: false, needsVersion: false, ...rest };
}
