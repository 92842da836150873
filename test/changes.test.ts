import { changesContract } from './changes-contract.ts';
import { openFakeReflectedApi } from './reflected-api.ts';

changesContract('a fake API server', async () => ({
  open: openFakeReflectedApi,
  stop: async () => undefined,
}));
