/** What stages stand on: an API server with our kinds, replicas' rights, and a record of who wrote what. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as ask } from 'undici';
import { type ApiServer, type ApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { countUnanswered, readWrites, untilWritten, type Write } from './audit-log.ts';

export type Ground = {
  readonly server: ApiServer;
  /** As `admin`, without starting kubectl: a test looks many times a second. @throws Error for any answer but 2xx */
  ask<Answer>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Answer>;
  /** Writes that the API server was asked for in a namespace by replicas, in order. */
  writes(namespace: string): readonly Write[];
  /** Writes that the API server began and never ended. */
  unansweredWrites(): number;
  /** Until the API server has begun with another write of a status. */
  untilNextWrite(): Promise<void>;
  stop(): Promise<void>;
};

/** Users of the two replicas of every stage: they have the rights of `deploy/base` and no more. */
export const replicaUsers = { a: 'replica-a', b: 'replica-b' } as const;
const replicaGroup = 'replicas';

const deploy = (path: string): string => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));

export type GroundOptions = {
  /** `--kustomize=…` or `--filename=…` of the kinds; ours where left out. */
  readonly crds?: string;
};

export async function startGround(tools: ApiServerTools, options: GroundOptions = {}): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-replay-'));
  const auditFile = join(folder, 'audit.log');
  const policyFile = join(folder, 'audit-policy.json');
  writeFileSync(policyFile, JSON.stringify(auditPolicy));
  const server = await startApiServer(tools, {
    users: { [replicaUsers.a]: [replicaGroup], [replicaUsers.b]: [replicaGroup] },
    flags: [`--audit-policy-file=${policyFile}`, `--audit-log-path=${auditFile}`],
  });
  await server.kubectl(['apply', options.crds ?? `--kustomize=${deploy('crds')}`]);
  await server.kubectl(['apply', `--filename=${deploy('base/cluster-role.yaml')}`]);
  await server.kubectl([
    'create',
    'clusterrolebinding',
    replicaGroup,
    '--clusterrole=holdfast',
    `--group=${replicaGroup}`,
  ]);
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  const dispatcher = new Agent({ connect: { ca: readFileSync(server.caFile) } });
  const headers = {
    authorization: `Bearer ${server.tokens.get('admin')}`,
    accept: 'application/json',
  };
  return {
    server,
    async ask<Answer>(method: string, path: string, body?: object) {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await ask(`${server.url}${path}`, {
        method,
        dispatcher,
        headers: { ...headers, 'content-type': type },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok)
        throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Answer;
    },
    writes: (namespace) => readWrites(auditFile, namespace),
    unansweredWrites: () => countUnanswered(auditFile),
    untilNextWrite: () => untilWritten(auditFile),
    async stop() {
      await dispatcher.destroy();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Leads there as in its own namespace with `deploy/base`. */
export async function admitReplicas({ server }: Ground, namespace: string): Promise<void> {
  await server.kubectl(['create', 'namespace', namespace]);
  const at = `--namespace=${namespace}`;
  await server.kubectl(['apply', at, `--filename=${deploy('base/leader-role.yaml')}`]);
  const words = ['create', 'rolebinding', replicaGroup, '--role=holdfast-leader', `--group=${replicaGroup}`];
  await server.kubectl([...words, at]);
}

/** Source: kube-apiserver's auditing, `audit.k8s.io/v1`. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['ResponseStarted'],
  rules: [
    {
      level: 'Request',
      users: Object.values(replicaUsers),
      verbs: ['patch'],
      resources: [{ group: 'image.toolkit.fluxcd.io' }],
    },
    { level: 'None' },
  ],
};
