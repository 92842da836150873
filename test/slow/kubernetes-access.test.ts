import { after } from 'node:test';
import { accessContract } from '../access-contract.ts';
import { changesContract } from '../changes-contract.ts';
import { type AccessApis, cloudContract } from '../cloud-contract.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { startRealReflectedApi } from '../kubernetes/reflected-api.ts';
import { unselectedContract } from '../unselected-contract.ts';

const tools = await findApiServerTools();

let started: ReturnType<typeof startRealReflectedApi> | undefined;

/** One server for all suites. */
async function start(): Promise<AccessApis> {
  started ??= startRealReflectedApi(tools);
  const apis = await started;
  return { open: (roles) => apis.open(roles), stop: async () => undefined };
}

after(async () => (await started)?.stop());

accessContract('a real API server', start, { skip: tools.missing });
changesContract('a real API server', start, { skip: tools.missing });
cloudContract('a real API server', start, { skip: tools.missing });
unselectedContract('a real API server', start, { skip: tools.missing });
