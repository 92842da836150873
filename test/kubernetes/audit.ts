import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessRule } from './service-account.ts';

/** What an account asked of the API server. */
export type AskedRight = {
  readonly verb: string;
  readonly apiGroup: string;
  /** With its subresource, as rules write it: `imagepolicies/status`. */
  readonly resource: string;
  readonly isAllowed: boolean;
};

export type Audit = {
  /** For kube-apiserver. */
  readonly flags: readonly string[];
  /** Each right once that a user asked for, of those that roles grant on objects. */
  askedBy(user: string): readonly AskedRight[];
};

/** Has the API server write down who asks for what, in a folder that is there before it is. */
export function auditIn(folder: string): Audit {
  const policy = join(folder, 'audit-policy.json');
  const log = join(folder, 'audit.log');
  writeFileSync(
    policy,
    JSON.stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata' }],
    }),
  );
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    askedBy(user) {
      const asked = new Map<string, AskedRight>();
      for (const line of readFileSync(log, 'utf8').split('\n')) {
        if (!line.includes(user)) continue;
        const right = rightOf(JSON.parse(line) as AuditEvent, user);
        if (right !== undefined) asked.set(JSON.stringify(right), right);
      }
      return [...asked.values()];
    },
  };
}

type AuditEvent = {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
};

function rightOf({ user, verb, objectRef, annotations }: AuditEvent, wanted: string): AskedRight | undefined {
  if (user.username !== wanted || objectRef === undefined) return undefined;
  const { apiGroup = '', resource, subresource } = objectRef;
  return {
    verb,
    apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    isAllowed: annotations?.['authorization.k8s.io/decision'] === 'allow',
  };
}

/** Each verb on each resource that rules grant, as `verb group/resource`. */
export function grantedBy(rules: readonly AccessRule[]): readonly string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((apiGroup) =>
      resources.flatMap((resource) => verbs.map((verb) => formatRight({ verb, apiGroup, resource }))),
    ),
  );
}

export function formatRight({ verb, apiGroup, resource }: Omit<AskedRight, 'isAllowed'>): string {
  return `${verb} ${apiGroup === '' ? resource : `${resource}.${apiGroup}`}`;
}
