/**
 * A cluster that a user could install Holdfast into: API server with an audit log, controllers, one node, a
 * registry with our images, a PostgreSQL, and a receiver where Flux's notification-controller would be. Pods reach
 * all of them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { startPostgres } from '../postgres.ts';
import { makeWorkFolder } from '../work-folder.ts';
import { type ApiServer, type ApiServerTools, startApiServer } from './api-server.ts';
import { type Audit, auditIn } from './audit.ts';
import { pushBusyboxImage } from './busybox-image.ts';
import { startControlPlane } from './control-plane.ts';
import { buildHoldfastImages, type ImageTools } from './holdfast-image.ts';
import { type NodeTools, startNode } from './node.ts';
import { removeLostNodes } from './node-folder.ts';
import { planPodNetwork } from './pod-network.ts';

export type DeployedCluster = {
  readonly server: ApiServer;
  readonly registry: RegistryServer;
  readonly audit: Audit;
  /** `HOST:PORT` of the registry, as pods reach it. */
  readonly registryOfPods: string;
  /** Bodies that the notification-controller was sent. */
  readonly notifications: readonly string[];
  /** A new database, as pods reach it. */
  createDatabase(): Promise<string>;
  /** Writes an overlay of a folder in deploy/ with our image in it. @returns its folder */
  overlay(of: string, more?: object): string;
  /** A folder in deploy/, as an overlay refers to it. */
  fromOverlay(folder: string): string;
  /** Makes a volume on the node for a claim, as an administrator would. */
  addVolume(namespace: string, claim: string): Promise<void>;
  stop(): Promise<void>;
};

export type DeployedClusterTools = {
  readonly api: ApiServerTools;
  readonly node: NodeTools;
  readonly image: ImageTools;
};

export const imageTag = 'of-the-test';
export const reflectorImage = 'holdfast-reflector';

const nodeName = 'real1';
const root = fileURLToPath(new URL('../..', import.meta.url));
const registryPort = 5000;
const databasePort = 5432;

export async function startDeployedCluster(tools: DeployedClusterTools): Promise<DeployedCluster> {
  const closing: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    await removeLostNodes();
    const folder = makeWorkFolder('deployed');
    closing.push(async () => rmSync(folder, { recursive: true, force: true }));
    const registry = await startRegistryServer();
    closing.push(() => registry.close());
    const postgres = await startPostgres();
    closing.push(() => postgres.stop());
    const receiver = await startReceiver();
    closing.push(() => receiver.close());
    const plan = planPodNetwork();
    const audit = auditIn(folder);
    const server = await startApiServer(tools.api, {
      admitsServiceAccounts: true,
      flags: [
        ...audit.flags,
        `--service-cluster-ip-range=${plan.serviceRange}`,
        '--kubelet-preferred-address-types=InternalIP',
      ],
    });
    closing.push(() => server.stop());
    closing.push(await startControlPlane(tools.node, server));
    const sleep = 'trap exit TERM; while true; do sleep 1; done';
    await pushBusyboxImage({ host: registry.host, repository: 'pause', tag: 'latest', script: sleep });
    await buildHoldfastImages(tools.image, [
      { target: 'holdfast', reference: `${registry.host}/holdfast:${imageTag}` },
      { target: 'reflector', reference: `${registry.host}/${reflectorImage}:${imageTag}` },
    ]);
    const node = await startNode(tools.node, server, {
      name: nodeName,
      pauseImage: `${registry.host}/pause:latest`,
      network: {
        ...plan,
        names: { 'notification-controller.flux-system.svc.cluster.local': plan.gateway },
      },
    });
    closing.push(() => node.stop());
    await node.network?.open(registryPort, portOf(`http://${registry.host}`));
    await node.network?.open(80, receiver.port);
    const first = await postgres.createDatabase();
    await node.network?.open(databasePort, portOf(first));
    let overlays = 0;
    return {
      server,
      registry,
      audit,
      registryOfPods: `${plan.gateway}:${registryPort}`,
      notifications: receiver.bodies,
      async createDatabase() {
        const url = new URL(await postgres.createDatabase());
        url.host = `${plan.gateway}:${databasePort}`;
        return url.href;
      },
      fromOverlay: (name) => relative(join(folder, 'overlay'), join(root, 'deploy', name)),
      overlay(of, more = {}) {
        overlays += 1;
        const overlay = join(folder, `overlay-${overlays}`);
        mkdirSync(overlay);
        const kustomization = {
          apiVersion: 'kustomize.config.k8s.io/v1beta1',
          kind: 'Kustomization',
          resources: [relative(overlay, of.startsWith('/') ? of : join(root, 'deploy', of))],
          images: [{ name: 'holdfast', newName: `${registry.host}/holdfast`, newTag: imageTag }],
          ...more,
        };
        writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization));
        return overlay;
      },
      async addVolume(namespace, claim) {
        const path = join(node.folder, `volume-${claim}`);
        mkdirSync(path);
        await server.kubectl(['apply', '--filename=-'], {
          stdin: JSON.stringify(volume(path, namespace, claim)),
        });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Local, not hostPath: only there kubelet gives the files to the pod's `fsGroup`. */
function volume(path: string, namespace: string, claim: string): object {
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: claim },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      claimRef: { namespace, name: claim },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  };
}

type Receiver = { readonly port: number; readonly bodies: readonly string[]; close(): Promise<void> };

async function startReceiver(): Promise<Receiver> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    bodies,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
