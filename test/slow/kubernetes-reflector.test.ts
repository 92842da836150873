import { findApiServerTools } from '../kubernetes/api-server.ts';
import { startRealReflectedApi } from '../kubernetes/reflected-api.ts';
import { reflectorContract } from '../reflector-contract.ts';

const tools = await findApiServerTools();

reflectorContract('a real API server', () => startRealReflectedApi(tools), {
  skip: tools.missing,
  isValidating: true,
});
