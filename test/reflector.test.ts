import { openFakeReflectedApi } from './reflected-api.ts';
import { reflectorContract } from './reflector-contract.ts';

reflectorContract('a fake API server', async () => ({
  open: openFakeReflectedApi,
  stop: async () => undefined,
}));
