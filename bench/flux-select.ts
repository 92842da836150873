import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findReflectorSources, reflectorVersion } from '../test/flux/build-reflector.ts';
import { buildGoProgram } from '../test/go-module.ts';
import { missingTool, type Tool } from '../test/tools.ts';

const name = 'flux-select';

/**
 * Flux's own policies as a program (`flux-select/main.go`). Its packages are internal to the reflector's module, so
 * it is built in a copy of that.
 */
export async function buildFluxSelect(): Promise<Tool> {
  const [sources, api] = [await findReflectorSources(), await findReflectorSources('/api')];
  if (sources === undefined || api === undefined)
    return missingTool(name, "Go or the sources of Flux's reflector are not here");
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-flux-select-'));
  try {
    const command = join(folder, 'module', name);
    cpSync(sources, join(folder, 'module'), { recursive: true });
    // The module's go.mod looks for it there.
    cpSync(api, join(folder, 'module', 'api'), { recursive: true });
    mkdirSync(command);
    cpSync(fileURLToPath(new URL(`${name}/main.go`, import.meta.url)), join(command, 'main.go'));
    return await buildGoProgram({
      name,
      place: join('flux', `${name}-${reflectorVersion}`),
      moduleFolder: join(folder, 'module'),
      package: `./${name}`,
      linkerFlags: '-s -w',
      howToDoWithout: 'install Go 1.26 or newer',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
