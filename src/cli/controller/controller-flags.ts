import type { Command } from 'commander';
import { parseDuration } from '../../api/duration.ts';
import { findSelectorProblem } from '../../cluster/label-selector.ts';
import type { LeaderTimes } from '../../cluster/leader-times.ts';
import type { ReflectorOptions } from '../../controllers/reflector.ts';
import type { CredentialCacheOptions } from '../../registry/identity/credential-cache.ts';
import { type CommandOptions, stringOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import { ledgerVariable, parseLedgerLocation } from '../ledger-option.ts';
import { type ListenAddress, parseListenAddress } from '../serving/listen-address.ts';
import { parseFeatureGates } from './feature-gates.ts';
import { type LogEncoding, type LogThreshold, logEncodings, logThresholds } from './json-log.ts';

export type Flag = {
  /** As in help: `<address>`; `[true|false]` for those that may stand alone. */
  readonly value: string;
  readonly default: string;
  readonly about: string;
  /** False: taken so that a Deployment moves over by changing its image, and warned of. */
  readonly isHonoured: boolean;
};

const honoured = (value: string, fallback: string, about: string): Flag => ({
  value,
  default: fallback,
  about,
  isHonoured: true,
});
const ignored = (value: string, about: string): Flag => ({ value, default: '', about, isHonoured: false });

/** The flags of Flux's image-reflector-controller, and our own. Source: its main.go, v1.2. */
export const controllerFlags = {
  'storage-path': honoured('<folder>', '/data', 'where the ledger is kept, as holdfast.db'),
  ledger: honoured(
    '<location>',
    '',
    'ledger file, or postgres://…, instead of --storage-path; without either flag: $HOLDFAST_LEDGER',
  ),
  kubeconfig: honoured('<file>', '', 'instead of KUBECONFIG, ~/.kube/config or the pod that this is'),
  context: honoured('<name>', '', 'of the kubeconfig, instead of its current context'),
  observe: honoured(
    '[true|false]',
    'false',
    "write nothing to the cluster; say what Flux's reflector does that would be refused",
  ),
  'replicas-active': honoured(
    '<which>',
    'leader',
    'leader: one replica works; all: replicas share the work through a ledger in PostgreSQL',
  ),
  'cluster-name': honoured(
    '<name>',
    '',
    'what selections of this cluster are recorded under (default: uid of the namespace kube-system)',
  ),
  'selected-digest-interval': honoured(
    '<duration>',
    '10m',
    'how often, at most, a scan also asks what each selected tag points to; 0 for never',
  ),
  'metrics-addr': honoured('<address>', ':8080', 'where /metrics is served; 0 for nowhere'),
  'health-addr': honoured('<address>', ':9440', 'where /healthz and /readyz are served; 0 for nowhere'),
  'events-addr': honoured('<url>', '', "Flux's notification-controller"),
  concurrent: honoured('<number>', '4', 'objects of a kind reconciled at once'),
  'watch-all-namespaces': honoured('[true|false]', 'true', 'false: only the namespace in RUNTIME_NAMESPACE'),
  'watch-label-selector': honoured(
    '<selector>',
    '',
    'only objects with these labels, e.g. sharding.fluxcd.io/key=shard1',
  ),
  'no-cross-namespace-refs': honoured(
    '[true|false]',
    'false',
    'policies use repositories of their own namespace only',
  ),
  'enable-leader-election': honoured('[true|false]', 'false', 'several replicas, one of which works'),
  'leader-election-lease-duration': honoured(
    '<duration>',
    '35s',
    'how long a lease or a claim holds that is not renewed',
  ),
  'leader-election-renew-deadline': honoured(
    '<duration>',
    '30s',
    'how long a replica goes on without having renewed',
  ),
  'leader-election-retry-period': honoured('<duration>', '5s', 'between renewals'),
  'leader-election-release-on-cancel': honoured(
    '[true|false]',
    'true',
    'lease or claims are given back on SIGTERM; false: they run out',
  ),
  'requeue-dependency': honoured('<duration>', '30s', 'until a policy looks again for what it waits for'),
  'min-retry-delay': honoured('<duration>', '750ms', 'first wait after a failure'),
  'max-retry-delay': honoured('<duration>', '15m', 'longest wait after failures'),
  'default-service-account': honoured(
    '<name>',
    '',
    'ServiceAccount that objects with a cloud act as where they name none',
  ),
  'log-level': honoured('<level>', 'info', logThresholds.join(', ')),
  'log-encoding': honoured('<encoding>', 'json', logEncodings.join(', ')),
  'kube-api-qps': ignored('<number>', 'the API server limits by itself'),
  'kube-api-burst': ignored('<number>', 'the API server limits by itself'),
  'gc-interval': ignored('<minutes>', 'the ledger needs no collection'),
  'storage-value-log-file-size': ignored('<bytes>', 'a setting of Badger'),
  'storage-compression-threshold': ignored('<KiB>', 'a setting of FluxStorage'),
  'feature-gates': honoured(
    '<gates>',
    '',
    'ObjectLevelWorkloadIdentity=true: objects act as ServiceAccounts towards clouds',
  ),
  'token-cache-max-size': honoured('<number>', '100', 'credentials of clouds that are kept; 0 for none'),
  'token-cache-max-duration': honoured('<duration>', '1h', 'longest that a credential of a cloud is used'),
  'watch-configs-label-selector': ignored('<selector>', 'secrets are heard of whatever their labels'),
  'interval-jitter-percentage': ignored('<percent>', 'intervals are kept as they are'),
  'default-kubeconfig-service-account': ignored('<name>', 'no other cluster is spoken to'),
} as const satisfies Readonly<Record<string, Flag>>;

const replicasActive = ['leader', 'all'] as const;

export type ReplicasActive = (typeof replicasActive)[number];

export type FlagName = keyof typeof controllerFlags;

export type ControllerSettings = {
  readonly reflector: ReflectorOptions;
  readonly ledger: string;
  /** Which cluster, where it is not the usual one. */
  readonly access: { readonly kubeconfig?: string; readonly context?: string };
  readonly replicasActive: ReplicasActive;
  /** Absent: the cluster is asked. */
  readonly clusterName: string | undefined;
  readonly metricsAddress: ListenAddress | undefined;
  readonly healthAddress: ListenAddress | undefined;
  readonly eventsAddress: URL | undefined;
  /** False: this is the only replica, and it leads. */
  readonly isElected: boolean;
  /** Of the lease, or of claims. */
  readonly times: LeaderTimes;
  /** Lease or claims are given back, and do not run out. */
  readonly isReleasedAtEnd: boolean;
  readonly logLevel: LogThreshold;
  readonly logEncoding: LogEncoding;
  /** Where this process runs; its Lease is here. */
  readonly runtimeNamespace: string;
  /** Of credentials that clouds issue. */
  readonly credentialCache: CredentialCacheOptions;
  /** Flags that were given and do nothing here. */
  readonly ignored: readonly string[];
};

export function addControllerFlags(command: Command): void {
  for (const [name, flag] of Object.entries(controllerFlags)) {
    const about = flag.isHonoured ? flag.about : `no effect: ${flag.about}`;
    const fallback = flag.default === '' ? '' : ` (default ${flag.default})`;
    const option = command.createOption(`--${name} ${flag.value}`, about + fallback);
    // Commander would take `--no-cross-namespace-refs` for the denial of another flag, and keep it under its name.
    option.negate = false;
    command.addOption(option);
  }
}

/** @throws UsageError that names the flag */
export function readControllerSettings(
  options: CommandOptions,
  env: Readonly<Record<string, string | undefined>>,
): ControllerSettings {
  const read = (name: FlagName): string => textOf(options, name) ?? controllerFlags[name].default;
  const duration = (name: FlagName): number => parseDurationFlag(name, read(name));
  const pause = (name: FlagName): number => Math.max(pauseMsMin, duration(name));
  const isOn = (name: FlagName): boolean => parseBooleanFlag(name, read(name));
  const runtimeNamespace = env['RUNTIME_NAMESPACE'] ?? '';
  const isEverywhere = isOn('watch-all-namespaces');
  if (!isEverywhere && runtimeNamespace === '') {
    throw new UsageError(
      '--watch-all-namespaces=false needs RUNTIME_NAMESPACE',
      'set it from metadata.namespace',
    );
  }
  const ledger = ledgerOf(options, env[ledgerVariable]);
  const gates = parseFeatureGates(read('feature-gates'));
  // It has no effect, but one that is malformed is a mistake all the same, as in Flux.
  parseSelectorFlag('watch-configs-label-selector', read('watch-configs-label-selector'));
  return {
    reflector: {
      namespace: isEverywhere ? undefined : runtimeNamespace,
      labelSelector: parseSelectorFlag('watch-label-selector', read('watch-label-selector')),
      noCrossNamespaceRefs: isOn('no-cross-namespace-refs'),
      concurrency: parseCountFlag('concurrent', read('concurrent')),
      requeueDependencyMs: pause('requeue-dependency'),
      retry: { minMs: pause('min-retry-delay'), maxMs: pause('max-retry-delay') },
      defaultServiceAccount: read('default-service-account') || undefined,
      hasObjectIdentity: gates.hasObjectIdentity,
      observe: isOn('observe'),
      selectedDigestMs: duration('selected-digest-interval') || undefined,
    },
    ledger: ledger.location,
    access: {
      ...(read('kubeconfig') === '' ? {} : { kubeconfig: read('kubeconfig') }),
      ...(read('context') === '' ? {} : { context: read('context') }),
    },
    replicasActive: parseChoice('replicas-active', read('replicas-active'), replicasActive),
    clusterName: parseClusterName(read('cluster-name')),
    metricsAddress: parseListenAddress('--metrics-addr', read('metrics-addr')),
    healthAddress: parseListenAddress('--health-addr', read('health-addr')),
    eventsAddress: parseUrlFlag('events-addr', read('events-addr')),
    isElected: isOn('enable-leader-election'),
    times: {
      leaseDurationMs: duration('leader-election-lease-duration'),
      renewDeadlineMs: duration('leader-election-renew-deadline'),
      retryPeriodMs: duration('leader-election-retry-period'),
    },
    isReleasedAtEnd: isOn('leader-election-release-on-cancel'),
    logLevel: parseChoice('log-level', read('log-level'), logThresholds),
    logEncoding: parseChoice('log-encoding', read('log-encoding'), logEncodings),
    runtimeNamespace: runtimeNamespace === '' ? 'flux-system' : runtimeNamespace,
    credentialCache: {
      entriesMax: parseSizeFlag('token-cache-max-size', read('token-cache-max-size')),
      lifetimeMaxMs: duration('token-cache-max-duration'),
    },
    ignored: [
      ...ledger.ignored,
      ...gates.ignored,
      ...Object.entries(controllerFlags)
        .filter(([name, flag]) => !flag.isHonoured && textOf(options, name) !== undefined)
        .map(([name, flag]) => `--${name} has no effect: ${flag.about}`),
    ],
  };
}

/** Where the ledger is: a flag says it before the environment, which no manifest of Flux's own has. */
function ledgerOf(
  options: CommandOptions,
  variable: string | undefined,
): { readonly location: string; readonly ignored: readonly string[] } {
  const [ledger, folder] = [textOf(options, 'ledger'), textOf(options, 'storage-path')];
  if (ledger !== undefined) return { location: parseLedgerLocation('--ledger', ledger), ignored: [] };
  if (folder === undefined && variable) {
    return { location: parseLedgerLocation(ledgerVariable, variable), ignored: [] };
  }
  const path = parseLedgerLocation('--storage-path', folder ?? controllerFlags['storage-path'].default);
  return {
    location: `${path}/holdfast.db`,
    ignored: variable ? [`${ledgerVariable} has no effect: --storage-path stands before it`] : [],
  };
}

/** A flag as it was given; one that stands alone means `true`. */
function textOf(options: CommandOptions, name: string): string | undefined {
  const key = name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
  return options[key] === true ? 'true' : stringOption(options, key);
}

function parseBooleanFlag(name: string, text: string): boolean {
  if (/^(?:true|1|t)$/i.test(text)) return true;
  if (/^(?:false|0|f)$/i.test(text)) return false;
  throw wrong(name, 'true or false', text);
}

/** Between two looks at what fails or waits: with 0, which Flux takes, it would be looked at without a pause. */
const pauseMsMin = 100;

function parseDurationFlag(name: string, text: string): number {
  // Go, too, takes a zero without a unit.
  const ms = text === '0' ? 0 : parseDuration(text);
  if (ms === undefined) throw wrong(name, 'a duration such as 30s', text);
  return ms;
}

function parseCountFlag(name: string, text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count === 0) throw wrong(name, 'a number from 1 to 9999', text);
  return count;
}

function parseSizeFlag(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw wrong(name, 'a number from 0 to 999999', text);
  return Number(text);
}

/** As a name of Kubernetes: it stands before `/NAMESPACE/NAME` in the ledger. */
function parseClusterName(text: string): string | undefined {
  if (text === '') return undefined;
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw wrong('cluster-name', 'lower-case letters, digits, "-" and "."', text);
}

function parseUrlFlag(name: string, text: string): URL | undefined {
  if (text === '') return undefined;
  // Flux's own manifests may leave the scheme out.
  const url = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(url)) throw wrong(name, 'a URL', text);
  return new URL(url);
}

function parseSelectorFlag(name: string, text: string): string | undefined {
  const problem = findSelectorProblem(text);
  if (problem !== undefined) throw wrong(name, 'a label selector such as a=b or a in (b, c)', text, problem);
  return text || undefined;
}

function parseChoice<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw wrong(name, `one of ${choices.join(', ')}`, text);
  return choice;
}

function wrong(name: string, expected: string, text: string, why?: string): UsageError {
  const because = why === undefined ? '' : `: ${why}`;
  return new UsageError(`--${name}: expected ${expected}, got ${JSON.stringify(text)}${because}`);
}
