import { openFakeReflectedApi } from './reflected-api.ts';
import { unselectedContract } from './unselected-contract.ts';

unselectedContract('a fake API server', async () => ({
  open: openFakeReflectedApi,
  stop: async () => undefined,
}));
