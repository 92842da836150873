import { accessContract } from './access-contract.ts';
import { cloudContract } from './cloud-contract.ts';
import { openFakeReflectedApi } from './reflected-api.ts';

accessContract('a fake API server', async () => ({
  open: openFakeReflectedApi,
  stop: async () => undefined,
}));

cloudContract('a fake API server', async () => ({ open: openFakeReflectedApi, stop: async () => undefined }));
