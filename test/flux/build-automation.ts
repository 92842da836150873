/**
 * Flux's image-automation-controller, which writes to Git what our statuses say, built from its own Go module
 * (`automation/go.mod`) once; and the CRDs of what it reads. Run by itself it builds it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoProgram, say } from '../go-module.ts';
import type { Tool } from '../tools.ts';
import { findSources, fluxModule } from './flux-module.ts';

const automation = fluxModule('github.com/fluxcd/image-automation-controller', 'automation');

/** It reads a GitRepository's spec; the controller of that kind need not run. */
const source = fluxModule('github.com/fluxcd/source-controller', 'source');

/** @throws Error where it cannot be built and `CI=true` */
export function buildAutomation(): Promise<Tool> {
  return buildGoProgram({
    name: 'image-automation-controller',
    place: join('flux', `image-automation-controller-${automation.version}`),
    moduleFolder: automation.folder,
    package: automation.path,
    linkerFlags: '-s -w',
    howToDoWithout: 'install Go 1.26 or newer',
  });
}

/** Files of the CRDs of ImageUpdateAutomation and GitRepository; none where Go or the modules are not here. */
export async function findAutomationCrds(): Promise<readonly string[]> {
  const files = [
    [automation, 'image.toolkit.fluxcd.io_imageupdateautomations.yaml'],
    [source, 'source.toolkit.fluxcd.io_gitrepositories.yaml'],
  ] as const;
  const found = await Promise.all(
    files.map(async ([module, file]) => {
      const sources = await findSources(module);
      return sources === undefined ? [] : [join(sources, 'config', 'crd', 'bases', file)];
    }),
  );
  return found.flat();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tool = await buildAutomation();
  if (tool.missing !== false) say(`skipped: ${tool.name} (${tool.missing})`);
}
