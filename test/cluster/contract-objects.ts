import assert from 'node:assert/strict';
import { openKubernetesClient } from '../../src/cluster/api-client.ts';
import { ClusterError, type ClusterErrorCode } from '../../src/cluster/errors.ts';
import type { ForeignObject } from '../../src/cluster/foreign-value.ts';
import { openClusterAccess } from '../../src/cluster/kubeconfig.ts';
import type { KubernetesClient, ResourceKind } from '../../src/cluster/kubernetes-client.ts';
import { systemTiming, type Timing } from '../../src/timing.ts';
import type { AccessRule } from '../kubernetes/service-account.ts';

export type ClusterUnderTest = {
  /** A kubeconfig of somebody who may do what these rules say in every namespace, and nothing else. */
  kubeconfig(rules: readonly AccessRule[]): Promise<string>;
  /** A kubeconfig with a token that nobody gave out. */
  strangersKubeconfig(): Promise<string>;
  /** Cuts every watch in the middle. */
  cut(): Promise<void>;
  /** Makes the server forget what happened before. */
  forget(): Promise<void>;
  close(): Promise<void>;
};

/** What each part of the suite is given. */
export type Opened = { readonly cluster: ClusterUnderTest; readonly client: KubernetesClient };

export const configMaps: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
export const events: ResourceKind = { group: '', version: 'v1', kind: 'Event', plural: 'events' };
export const leases: ResourceKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
};
export const policies: ResourceKind = {
  group: 'image.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
};

export const secrets: ResourceKind = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
export const serviceAccounts: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};

/** The kinds that the suite needs, by plural: what a fake has to serve. */
export const contractPlurals: readonly string[] = [
  'configmaps',
  'events',
  'leases',
  'imagepolicies',
  'secrets',
  'serviceaccounts',
];

/** The one namespace that is everywhere. */
export const namespace = 'default';

export const fieldManager = 'holdfast-test';

/** Waits a twentieth of what it is told: servers of tests come back at once. */
export const hurriedTiming: Timing = {
  ...systemTiming,
  schedule: (afterMs, call) => systemTiming.schedule(afterMs / 20, call),
};

export async function clientOf(kubeconfig: string): Promise<KubernetesClient> {
  return openKubernetesClient(await openClusterAccess({ kubeconfig, env: {}, cwd: '/' }));
}

export type Made = ForeignObject & { readonly metadata: ForeignObject };

export function configMap(name: string, data: ForeignObject = {}, labels: ForeignObject = {}): Made {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
}

export function policy(name: string): Made & { readonly spec: ForeignObject } {
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata: { name, namespace },
    spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '>=1.0.0' } } },
  };
}

export async function rejects(
  promise: Promise<unknown>,
  code: ClusterErrorCode,
  message: RegExp,
): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof ClusterError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(!`${error.message} ${error.hint}`.includes('secret'));
    return true;
  });
}
