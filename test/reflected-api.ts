import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { imagePolicies, imageRepositories } from '../src/api/api.ts';
import { openKubernetesClient } from '../src/cluster/api-client.ts';
import type { ForeignObject } from '../src/cluster/foreign-value.ts';
import { openClusterAccess } from '../src/cluster/kubeconfig.ts';
import type { KubernetesObject, NamespacedName, ResourceKind } from '../src/cluster/kubernetes-client.ts';
import { kubeconfigFor, startFakeApiServer } from './cluster/fake-api-server.ts';
import type { AccessRule } from './kubernetes/service-account.ts';

/** What people do things to. */
export type UsersKind = 'ImageRepository' | 'ImagePolicy' | 'Secret';

/** A person at the cluster. On a real one it is `kubectl`. */
export interface ClusterUser {
  create(
    object: ForeignObject & { readonly kind: UsersKind; readonly metadata: NamespacedName },
  ): Promise<void>;
  /** By a merge patch; of the status where the patch has one. */
  patch(kind: UsersKind, name: NamespacedName, patch: ForeignObject): Promise<void>;
  /** Undefined where it is not there. */
  read(kind: UsersKind, name: NamespacedName): Promise<KubernetesObject | undefined>;
  /** Without waiting for its finalizers. */
  remove(kind: UsersKind, name: NamespacedName): Promise<void>;
}

/** An API server without objects: the namespaces `default`, `flux-system`, and `other` with the label `tenant: a`. */
export type ReflectedApi = {
  readonly user: ClusterUser;
  /** Files. The controllers have their own service account, with the rights of deploy/base and no other. */
  readonly kubeconfigs: { readonly admin: string; readonly controller: string };
  close(): Promise<void>;
};

const kinds: Readonly<Record<UsersKind, ResourceKind>> = {
  ImageRepository: imageRepositories,
  ImagePolicy: imagePolicies,
  Secret: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' },
};

/** @param roles what the controllers may do: files below deploy/ */
export async function openFakeReflectedApi(roles = baseRoles): Promise<ReflectedApi> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-api-'));
  const api = await startFakeApiServer({
    objects: {
      imagerepositories: [],
      imagepolicies: [],
      secrets: [],
      leases: [],
      events: [],
      serviceaccounts: [],
      namespaces: [
        { metadata: { name: 'default' } },
        { metadata: { name: 'flux-system' } },
        { metadata: { name: 'other', labels: { tenant: 'a' } } },
      ],
    },
    token: 'secret-admin',
    users: { 'secret-controller': { name: 'holdfast', rules: deployedRules(roles) } },
  });
  const kubeconfigs = { admin: join(folder, 'admin'), controller: join(folder, 'controller') };
  await writeFile(kubeconfigs.admin, kubeconfigFor(api.url, 'secret-admin'));
  await writeFile(kubeconfigs.controller, kubeconfigFor(api.url, 'secret-controller'));
  const access = await openClusterAccess({ kubeconfig: kubeconfigs.admin, env: {}, cwd: folder });
  const client = openKubernetesClient(access);
  return {
    kubeconfigs,
    user: {
      async create(object) {
        await client.create(kinds[object.kind], object.metadata.namespace, object);
      },
      async patch(kind, name, patch) {
        const subresource = Object.hasOwn(patch, 'status') ? { subresource: 'status' as const } : {};
        await client.mergePatch(kinds[kind], name, patch, { fieldManager: 'test', ...subresource });
      },
      read: (kind, name) => client.read(kinds[kind], name),
      remove: (kind, name) => client.remove(kinds[kind], name),
    },
    async close() {
      await api.close();
      await rm(folder, { recursive: true });
    },
  };
}

const baseRoles: readonly string[] = ['base/cluster-role', 'base/leader-role'];

/** What deploy/base, or other roles below deploy/, let the controller do. */
export function deployedRules(roles: readonly string[] = baseRoles): readonly AccessRule[] {
  return roles.flatMap((name) => {
    const file = fileURLToPath(new URL(`../deploy/${name}.yaml`, import.meta.url));
    return parseAllDocuments(readFileSync(file, 'utf8')).flatMap(
      (one) => (one.toJS() as { readonly rules?: readonly AccessRule[] }).rules ?? [],
    );
  });
}
