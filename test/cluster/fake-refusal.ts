import type { ServerResponse } from 'node:http';

/** An answer that is no: what the API server puts into a Status object. */
export class FakeRefusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export function statusOf(status: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status };
}

/** Answers as the API server does: a Status object. */
export function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(statusOf(status, reason, message)));
}
