import { canConnect, findFreePort, type ServerProcess, startServerProcess } from '../server-process.ts';
import type { Tool } from '../tools.ts';
import type { ApiServer } from './api-server.ts';

export type ControlPlaneTools = { readonly controllerManager: Tool; readonly scheduler: Tool };

/** What a workload needs to get pods, and pods to get nodes, volumes and the means to know their API server. */
const controllers = [
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'node-lifecycle-controller',
  'persistentvolume-binder-controller',
  'persistentvolumeclaim-protection-controller',
  'replicaset-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'statefulset-controller',
  'taint-eviction-controller',
];

/** Starts the controller manager and the scheduler of a cluster. The answer ends both. */
export async function startControlPlane(
  { controllerManager, scheduler }: ControlPlaneTools,
  server: ApiServer,
): Promise<() => Promise<void>> {
  const started: ServerProcess[] = [];
  const stop = async () => {
    for (const one of started.toReversed()) await one.stop();
  };
  const kubeconfigs = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
    (name) => `--${name}=${server.kubeconfig()}`,
  );
  try {
    for (const [tool, ...words] of [
      [
        controllerManager,
        `--service-account-private-key-file=${server.serviceAccountKeyFile}`,
        `--root-ca-file=${server.caFile}`,
        `--controllers=${controllers.join(',')}`,
      ],
      [scheduler],
    ] as const) {
      const port = await findFreePort();
      const common = ['--leader-elect=false', '--bind-address=127.0.0.1', `--secure-port=${port}`];
      const isReady = () => canConnect(port);
      started.push(await startServerProcess(tool, [...common, ...kubeconfigs, ...words], { isReady }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
