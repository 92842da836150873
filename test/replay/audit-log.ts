import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A write of an object of ours that a replica asked the API server for. */
export type Write = {
  readonly user: string;
  /** When the request came, and when it was answered: ISO 8601 in microseconds, so in order as text. */
  readonly askedAt: string;
  readonly answeredAt: string;
  /** `imagepolicies`, `imagerepositories` */
  readonly resource: string;
  readonly name: string;
  readonly isStatus: boolean;
  /** 200 where it was carried out, 409 where the object was no longer the one that was read. */
  readonly status: number;
  /** `latestRef.tag`, where the write says one. */
  readonly tag: string | undefined;
};

/** What replicas asked to write in this namespace, in the order of the answers. */
export function readWrites(auditFile: string, namespace: string): readonly Write[] {
  return readEvents(auditFile)
    .filter(({ stage, objectRef }) => stage === answered && objectRef.namespace === namespace)
    .map(writeOf);
}

/** Writes that were begun and never answered. */
export function countUnanswered(auditFile: string): number {
  const open = new Set<string>();
  for (const { stage, auditID } of readEvents(auditFile)) {
    if (stage === answered) open.delete(auditID);
    else open.add(auditID);
  }
  return open.size;
}

const lookEveryMs = 1;

/** Until something is written there: a write that has begun. It is seen within a millisecond or two. */
export async function untilWritten(auditFile: string): Promise<void> {
  const size = sizeOf(auditFile);
  while (sizeOf(auditFile) === size) await pause(lookEveryMs);
}

function sizeOf(auditFile: string): number {
  return statSync(auditFile, { throwIfNoEntry: false })?.size ?? 0;
}

const answered = 'ResponseComplete';

type AuditEvent = {
  readonly stage: string;
  readonly auditID: string;
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly objectRef: {
    readonly resource: string;
    readonly namespace: string;
    readonly name: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestObject?: { readonly status?: { readonly latestRef?: { readonly tag?: string } } };
};

/** A line each; the last one may be half written. */
function readEvents(auditFile: string): readonly AuditEvent[] {
  if (!existsSync(auditFile)) return [];
  const lines = readFileSync(auditFile, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as AuditEvent);
}

function writeOf(event: AuditEvent): Write {
  return {
    user: event.user.username,
    askedAt: event.requestReceivedTimestamp,
    answeredAt: event.stageTimestamp,
    resource: event.objectRef.resource,
    name: event.objectRef.name,
    isStatus: event.objectRef.subresource === 'status',
    status: event.responseStatus?.code ?? 0,
    tag: event.requestObject?.status?.latestRef?.tag,
  };
}
