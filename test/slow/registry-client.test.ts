import { debianRegistryTool, startDebianRegistry } from '../debian-registry.ts';
import { registryContract } from '../registry-contract.ts';

registryContract("Debian's docker-registry", startDebianRegistry, {
  skip: debianRegistryTool().missing,
  lacks: ['sorted-tags', 'paging', 'referrers-api'],
});
