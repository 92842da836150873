import type { ApiServer } from './api-server.ts';

/** As in a Role's `rules`. */
export type AccessRule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
};

export type ServiceAccountOptions = {
  readonly namespace: string;
  readonly name: string;
  /** What it may do in every namespace. */
  readonly rules?: readonly AccessRule[];
  /** What it may do in its own namespace. */
  readonly ownRules?: readonly AccessRule[];
};

/**
 * Makes a service account with exactly these rights, and its namespace where it is not there yet; the answer
 * is the user to name to `kubeconfig` and `kubectl`. Accounts that manifests made are taken over as they are.
 */
export async function addServiceAccount(
  server: ApiServer,
  { namespace, name, rules = [], ownRules = [] }: ServiceAccountOptions,
): Promise<string> {
  const subjects = [{ kind: 'ServiceAccount', namespace, name }];
  const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
  ];
  const granted = [
    ...(rules.length === 0
      ? []
      : [
          { apiVersion, kind: 'ClusterRole', metadata, rules },
          { apiVersion, kind: 'ClusterRoleBinding', metadata, subjects, roleRef: roleRef('ClusterRole') },
        ]),
    ...(ownRules.length === 0
      ? []
      : [
          { apiVersion, kind: 'Role', metadata: { name, namespace }, rules: ownRules },
          {
            apiVersion,
            kind: 'RoleBinding',
            metadata: { name, namespace },
            subjects,
            roleRef: roleRef('Role'),
          },
        ]),
  ];
  const list = { apiVersion: 'v1', kind: 'List', items: [...items, ...granted] };
  await server.kubectl(['apply', '--filename=-'], { stdin: JSON.stringify(list) });
  const token = await server.kubectl(['create', 'token', name, `--namespace=${namespace}`]);
  const user = `system:serviceaccount:${namespace}:${name}`;
  await server.addToken(user, token.trim());
  return user;
}
