import { startRegistryServer } from '../src/registry-server/registry-server.ts';
import { registryContract } from './registry-contract.ts';

registryContract('our server', startRegistryServer);
