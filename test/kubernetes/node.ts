/**
 * A real node on this machine: kubelet and containerd, with a network bridge, cgroups and a folder of its own.
 * Needs root. Several run side by side; their pods have addresses but are not reachable from each other.
 */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, type ServerProcess, startServerProcess } from '../server-process.ts';
import { findTool, missingTool, runTool, type Tool } from '../tools.ts';
import type { ApiServer } from './api-server.ts';
import { buildServer, type ServerName } from './build-servers.ts';
import type { ControlPlaneTools } from './control-plane.ts';
import { bridgeOf, cgroupOf, makeCgroups, nodeFolderPrefix, removeNode } from './node-folder.ts';
import { guardNodes } from './node-guard.ts';
import { makePodNetwork, type PodNetwork, type PodNetworkPlan } from './pod-network.ts';

export type NodeTools = ControlPlaneTools & {
  readonly kubelet: Tool;
  readonly containerd: Tool;
  readonly ctr: Tool;
  /** False, or why tests with it are skipped. */
  readonly missing: false | string;
};

export type NodeOptions = {
  readonly name: string;
  /** Of an image that sleeps; every pod holds its network with one. */
  readonly pauseImage: string;
  /** Pods that find room on it. */
  readonly podsMax?: number;
  /** Its pods and this machine reach each other; where left out they are alone. */
  readonly network?: PodNetworkPlan & {
    /** Addresses by name that pods are told. */
    readonly names?: Readonly<Record<string, string>>;
  };
};

export type KubernetesNode = {
  readonly folder: string;
  /** Where one was asked for. */
  readonly network: PodNetwork | undefined;
  stop(): Promise<void>;
};

/** Where Debian's containernetworking-plugins has them. */
const networkPlugins = '/usr/lib/cni';

/** A kubelet registers within seconds; on a machine under load it takes ten times that. */
const readyMs = 120_000;

/**
 * The programs of nodes and of what places pods on them, built where they have to be.
 * @throws Error where one is missing, or the tests do not run as root, and `CI=true`
 */
export async function findNodeTools(): Promise<NodeTools> {
  const containerd = findTool('containerd');
  const ctr = findTool('ctr');
  const others = [
    findTool('runc'),
    findTool('ip'),
    findTool('busybox'),
    findTool('host-local', [networkPlugins]),
  ];
  const lacking =
    whyNotHere() || [containerd, ctr, ...others].find((tool) => tool.missing !== false)?.missing;
  // Nobody waits for a build that is of no use here.
  const build = async (name: ServerName): Promise<Tool> =>
    lacking ? { name, path: name, missing: lacking } : buildServer(name);
  const kubelet = await build('kubelet');
  const controllerManager = await build('kube-controller-manager');
  const scheduler = await build('kube-scheduler');
  return { kubelet, containerd, ctr, controllerManager, scheduler, missing: lacking || kubelet.missing };
}

function whyNotHere(): false | string {
  if (process.getuid?.() !== 0) return missingTool('root', 'nodes are run as root only').missing;
  // A kubelet cleans a folder that all kubelets of a machine share.
  if (existsSync('/var/lib/kubelet/pods')) return 'this machine is a node of a cluster already';
  return false;
}

/** Starts a node and waits until pods can be placed on it. */
export async function startNode(
  { kubelet, containerd, ctr }: NodeTools,
  server: ApiServer,
  options: NodeOptions,
): Promise<KubernetesNode> {
  guardNodes();
  const folder = mkdtempSync(nodeFolderPrefix());
  const started: ServerProcess[] = [];
  let network: PodNetwork | undefined;
  const stop = async () => {
    for (const one of started.toReversed()) await one.stop('SIGKILL');
    await network?.close();
    await removeNode(folder);
  };
  try {
    makeCgroups(folder);
    if (options.network !== undefined) {
      network = await makePodNetwork(options.network, bridgeOf(folder), options.network.names ?? {});
      await network.open(443, Number(new URL(server.url).port), network.apiServerAddress);
    }
    const socket = join(folder, 'containerd.sock');
    writeFileSync(join(folder, 'containerd.toml'), containerdSettings(folder, socket, options));
    writeNetwork(folder, network);
    started.push(
      await startServerProcess(containerd, ['--config', join(folder, 'containerd.toml')], {
        isReady: async () => (await runTool(ctr, ['--address', socket, 'version'])).status === 0,
      }),
    );
    const port = await findFreePort();
    const place = { socket, port, podsMax: options.podsMax ?? 20, gateway: network?.gateway };
    const settings = kubeletSettings(folder, place);
    writeFileSync(join(folder, 'kubelet.json'), JSON.stringify(settings));
    const words = [
      `--config=${join(folder, 'kubelet.json')}`,
      `--kubeconfig=${server.kubeconfig()}`,
      `--root-dir=${join(folder, 'kubelet')}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      `--hostname-override=${options.name}`,
      ...(network === undefined ? [] : [`--node-ip=${network.gateway}`]),
    ];
    const isReady = () => isNodeReady(server, options.name);
    started.push(await startServerProcess(kubelet, words, { isReady, startMs: readyMs }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, network, stop };
}

async function isNodeReady(server: ApiServer, name: string): Promise<boolean> {
  const { stdout } = await server.tryKubectl(['get', 'node', name, '--output=json', '--ignore-not-found']);
  if (stdout === '') return false;
  const { spec, status } = JSON.parse(stdout) as {
    readonly spec: { readonly taints?: readonly object[] };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  };
  const isReady = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  return isReady && (spec.taints ?? []).length === 0;
}

function containerdSettings(folder: string, socket: string, { pauseImage }: NodeOptions): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `
version = 2
root = "${folder}/root"
state = "${folder}/state"

[grpc]
address = "${socket}"

["plugins"."io.containerd.internal.v1.opt"]
path = "${folder}/opt"

[${cri}]
sandbox_image = "${pauseImage}"
# A machine without CAP_SYS_RESOURCE may not lower the score of a process that the kernel kills first.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[${cri}.containerd]
# Overlays cannot be mounted everywhere.
snapshotter = "native"

[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
Root = "${folder}/runc"

[${cri}.cni]
bin_dir = "${networkPlugins}"
conf_dir = "${folder}/network"

[${cri}.registry]
config_path = "${folder}/registries"
`;
}

/** A bridge of its own. Where it has no way out, images are pulled all the same: containerd is not in it. */
function writeNetwork(folder: string, network: PodNetwork | undefined): void {
  // Set aside for tests (RFC 2544). The host has no address in the first, so two nodes may have the same.
  const range =
    network === undefined
      ? { subnet: '198.18.0.0/24' }
      : { subnet: network.podRange, gateway: network.gateway };
  const bridge = {
    type: 'bridge',
    bridge: bridgeOf(folder),
    isGateway: network !== undefined,
    ipam: {
      type: 'host-local',
      dataDir: join(folder, 'addresses'),
      ranges: [[range]],
      ...(network === undefined ? {} : { routes: [{ dst: '0.0.0.0/0' }] }),
    },
  };
  mkdirSync(join(folder, 'network'));
  const settings = { cniVersion: '0.4.0', name: 'pods', plugins: [bridge, { type: 'loopback' }] };
  writeFileSync(join(folder, 'network', '10-pods.conflist'), JSON.stringify(settings));
}

type KubeletPlace = {
  readonly socket: string;
  readonly port: number;
  readonly podsMax: number;
  readonly gateway: string | undefined;
};

function kubeletSettings(folder: string, { socket, port, podsMax, gateway }: KubeletPlace): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: gateway ?? '127.0.0.1',
    port,
    healthzPort: 0,
    readOnlyPort: 0,
    // Asked by the API server alone, for logs and forwarded ports, and without a network by nobody.
    authentication: { anonymous: { enabled: gateway !== undefined }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${socket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroupOf(folder),
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    makeIPTablesUtilChains: false,
    maxPods: podsMax,
    evictionHard: {},
    // Nothing is cleaned up while a test looks at it.
    imageGCHighThresholdPercent: 100,
    podLogsDir: join(folder, 'logs'),
    volumePluginDir: join(folder, 'volume-plugins'),
    resolvConf: '',
    ...(gateway === undefined ? {} : { clusterDNS: [gateway], clusterDomain: 'cluster.local' }),
  };
}
