/**
 * Flux's command line, which reads our statuses as a user does, built once from a copy of its Go module: the
 * module lacks the manifests that a release embeds, so it does not build where Go keeps it. Run by itself it
 * builds it.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoProgram, say } from '../go-module.ts';
import { cacheFolder, findExecutable, findTool, missingTool, runTool, type Tool } from '../tools.ts';
import { findSources, fluxModule } from './flux-module.ts';

const cli = fluxModule('github.com/fluxcd/flux2/v2', 'cli');

/** @throws Error where it cannot be built and `CI=true` */
export async function buildFluxCli(): Promise<Tool> {
  const place = join('flux', `flux-${cli.version}`);
  const built = findExecutable('flux', [join(cacheFolder(), place)]);
  if (built !== undefined) return built;
  const sources = await findSources(cli);
  if (sources === undefined) return missingTool('flux', `${cli.path} is not here, or Go is not installed`);
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-flux-'));
  try {
    cpSync(sources, copy, { recursive: true });
    // Go keeps its modules without the right to write.
    await runTool(findTool('chmod'), ['-R', 'u+w', copy]);
    const manifests = join(copy, 'cmd', 'flux', 'manifests');
    mkdirSync(manifests, { recursive: true });
    writeFileSync(join(manifests, 'none.yaml'), '# What flux install would apply.\n');
    return await buildGoProgram({
      name: 'flux',
      place,
      moduleFolder: copy,
      package: './cmd/flux',
      linkerFlags: `-s -w -X main.VERSION=${cli.version.slice(1)}`,
      howToDoWithout: 'install Go 1.26 or newer',
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tool = await buildFluxCli();
  if (tool.missing !== false) say(`skipped: ${tool.name} (${tool.missing})`);
}
