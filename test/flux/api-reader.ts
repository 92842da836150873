import { readFileSync } from 'node:fs';
import { Agent, fetch as ask } from 'undici';
import type { ApiServer } from '../kubernetes/api-server.ts';

/** Lists of an API server, without starting kubectl for each: a test looks many times a second. */
export type ApiReader = {
  /** The answer to a GET, as JSON; a table with printer columns where asked for. */
  get<Answer>(path: string, as?: 'table'): Promise<Answer>;
  close(): Promise<void>;
};

/** What kubectl asks for when it prints columns. */
const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export function openApiReader(server: ApiServer): ApiReader {
  const dispatcher = new Agent({ connect: { ca: readFileSync(server.caFile) } });
  const authorization = `Bearer ${server.tokens.get('admin')}`;
  return {
    async get<Answer>(path: string, as?: 'table') {
      const accept = as === 'table' ? tableType : 'application/json';
      const answer = await ask(`${server.url}${path}`, { dispatcher, headers: { authorization, accept } });
      if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Answer;
    },
    close: () => dispatcher.destroy(),
  };
}
