/** The rules of the house as data: `architecture.test.ts` holds the code to them. */

/** A room's rung: an import goes down a rung or stays in its room. */
export const rungs: Readonly<Record<string, number>> = {
  'errors.ts': 0,
  'clock.ts': 0,
  'timing.ts': 0,
  'log.ts': 0,
  'version.ts': 0,
  'spelling.ts': 0,
  // The model: no I/O, no clock, no environment.
  findings: 1,
  reference: 1,
  oci: 1,
  manifests: 1,
  lock: 1,
  policy: 1,
  api: 1,
  // Ports, and the technology behind them.
  ledger: 2,
  registry: 2,
  'registry-server': 2,
  cluster: 2,
  declared: 2,
  git: 2,
  render: 2,
  program: 2,
  metrics: 2,
  memory: 2,
  // Use cases.
  resolve: 3,
  pinning: 3,
  reflect: 3,
  skew: 3,
  check: 3,
  hygiene: 3,
  demo: 3,
  // Front doors.
  controllers: 4,
  cli: 4,
  'main.ts': 5,
};

/** Imports between rooms of one rung that are allowed, each with its reason. */
export const sideways: readonly { from: string; to: string; because: string }[] = [
  { from: 'oci', to: 'reference', because: 'descriptors hold digests' },
  { from: 'manifests', to: 'reference', because: 'image fields hold references' },
  { from: 'manifests', to: 'findings', because: 'an unreadable file is a problem' },
  { from: 'lock', to: 'reference', because: 'lock entries are keyed by reference' },
  { from: 'lock', to: 'oci', because: 'lock entries name platforms' },
  { from: 'lock', to: 'manifests', because: 'one reader of YAML from outside, with its limits' },
  { from: 'lock', to: 'findings', because: 'a lock that does not fit is a finding' },
  { from: 'declared', to: 'git', because: 'a PATH may be a Git URL' },
  { from: 'declared', to: 'render', because: 'a PATH may be a chart or a kustomization' },
  { from: 'git', to: 'program', because: 'Git is asked through its own program' },
  { from: 'render', to: 'program', because: 'charts and kustomizations are rendered by their own programs' },
  { from: 'skew', to: 'pinning', because: 'a fixed build tag is advised where one names the content' },
  { from: 'check', to: 'pinning', because: 'one report: what lock --verify says' },
  { from: 'hygiene', to: 'reflect', because: 'which tags an object sees, and what its policy selects from' },
  { from: 'cli', to: 'controllers', because: 'a command starts the controllers' },
  { from: 'check', to: 'skew', because: 'one report: what skew says' },
];

/** Node modules that do I/O or depend on the machine: the model may import none of them. */
export const impureModules: readonly string[] = [
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'http2',
  'tls',
  'dns',
  'dns/promises',
  'dgram',
  'child_process',
  'cluster',
  'worker_threads',
  'os',
  'process',
  'readline',
  'sqlite',
  'timers',
  'timers/promises',
  'undici',
];

/** Packages the model may import: pure ones. */
export const purePackages: readonly string[] = ['yaml', 're2js', 'diff', 'smol-toml'];
