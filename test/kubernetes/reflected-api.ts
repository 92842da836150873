import { fileURLToPath } from 'node:url';
import type { KubernetesObject, NamespacedName } from '../../src/cluster/kubernetes-client.ts';
import type { ClusterUser, ReflectedApi, UsersKind } from '../reflected-api.ts';
import { type ApiServer, type ApiServerTools, startApiServer } from './api-server.ts';
import { addServiceAccount } from './service-account.ts';

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));

export type RealReflectedApi = {
  /** The server, with further roles of files below deploy/. */
  readonly open: (roles?: readonly string[]) => Promise<ReflectedApi>;
  stop(): Promise<void>;
};

/**
 * One real API server for many tests, with deploy/base applied: each `open` is that server, with further roles of
 * files below deploy/, and each `close` leaves it without them and without objects.
 */
export async function startRealReflectedApi(tools: ApiServerTools): Promise<RealReflectedApi> {
  const server = await startApiServer(tools);
  for (const name of ['flux-system', 'other']) await server.kubectl(['create', 'namespace', name]);
  await server.kubectl(['label', 'namespace', 'other', 'tenant=a']);
  // Its Deployment and its volume stay as they are: nobody runs them here.
  for (const folder of ['crds', 'base'])
    await server.kubectl(['apply', '--kustomize', `${deploy}/${folder}`]);
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  const account = await addServiceAccount(server, { namespace: 'flux-system', name: 'holdfast' });
  return {
    async open(roles = []) {
      const files = roles.filter((role) => !role.startsWith('base/')).map((role) => `${deploy}/${role}.yaml`);
      for (const file of files) await server.kubectl(['apply', '--filename', file]);
      return {
        user: kubectlUser(server),
        kubeconfigs: { admin: server.kubeconfig(), controller: server.kubeconfig(account) },
        async close() {
          await removeObjects(server);
          for (const file of files) await server.kubectl(['delete', '--filename', file]);
        },
      };
    },
    stop: () => server.stop(),
  };
}

function kubectlUser(server: ApiServer): ClusterUser {
  const kubectl: ApiServer['kubectl'] = (words, options) => server.kubectl(words, options);
  return {
    async create(object) {
      await kubectl(['create', '--filename=-'], { stdin: JSON.stringify(object) });
    },
    async patch(kind, name, patch) {
      const subresource = Object.hasOwn(patch, 'status') ? ['--subresource=status'] : [];
      await kubectl([
        'patch',
        ...at(kind, name),
        '--type=merge',
        `--patch=${JSON.stringify(patch)}`,
        ...subresource,
      ]);
    },
    async read(kind, name) {
      const text = await kubectl(['get', ...at(kind, name), '--output=json', '--ignore-not-found']);
      return text === '' ? undefined : (JSON.parse(text) as KubernetesObject);
    },
    async remove(kind, name) {
      await kubectl(['delete', ...at(kind, name), '--wait=false']);
    },
  };
}

function at(kind: UsersKind, { namespace, name }: NamespacedName): readonly string[] {
  return [kind.toLowerCase(), name, `--namespace=${namespace}`];
}

/** Controllers that would take their finalizers away have stopped. */
async function removeObjects(server: ApiServer): Promise<void> {
  const kinds = 'imagepolicies,imagerepositories,secrets';
  const list = await server.kubectl(['get', kinds, '--all-namespaces', '--output=json']);
  const { items } = JSON.parse(list) as {
    readonly items: readonly { readonly kind: string; readonly metadata: NamespacedName }[];
  };
  if (items.length === 0) return;
  const plain = items.map(({ kind, metadata: { namespace, name } }) => ({ kind, namespace, name }));
  for (const { kind, namespace, name } of plain) {
    const words = [kind.toLowerCase(), name, `--namespace=${namespace}`];
    await server.kubectl(['patch', ...words, '--type=merge', '--patch={"metadata":{"finalizers":null}}']);
    await server.kubectl(['delete', ...words, '--wait=false', '--ignore-not-found']);
  }
}
