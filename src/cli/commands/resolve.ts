import type { Command } from 'commander';
import { formatPlatform, type Platform, parsePlatform } from '../../oci/platform.ts';
import { parseReference, type Reference } from '../../reference/reference.ts';
import { repositoryName } from '../../reference/repository.ts';
import type { RateLimit } from '../../registry/registry-client.ts';
import { type Resolution, resolveReferences } from '../../resolve/resolve.ts';
import {
  addExamples,
  type CommandModule,
  type CommandOptions,
  flagOption,
  stringOption,
} from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { addLedgerOption } from '../ledger-option.ts';
import { addOutputOption, outputFormat, writeOutput, writeText } from '../output.ts';
import { startProgress } from '../progress.ts';
import { addRegistryOptions, registryOptions, writeRegistryNotices } from '../registry-options.ts';
import { recordResolutions, type Seen } from '../resolve/record-resolutions.ts';
import { problemOf, resolutionJson } from '../resolve/resolution-json.ts';

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<reference...>', 'references: REPOSITORY[:TAG][@DIGEST]');
    command.option('--platform <platform>', 'of an index, the digest for OS/ARCHITECTURE[/VARIANT]');
    command.option('--full', 'print the whole reference: REGISTRY/REPOSITORY@DIGEST');
    addLedgerOption(command);
    command.option('--no-ledger', 'record nothing');
    addRegistryOptions(command);
    addOutputOption(command);
    addExamples(command, [
      ['holdfast resolve ghcr.io/kube-logging/fluentd:v1.16-4.11-full', 'the digest that the tag has now'],
      ['holdfast resolve --platform linux/arm64 nginx:1.27 redis:7', 'the digests for one platform'],
      ['holdfast resolve --full nginx', 'docker.io/library/nginx@sha256:…'],
    ]);
  },
  run: resolve,
};

async function resolve(
  host: Host,
  positional: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  // Every mistake in the words is told before anything is asked.
  const references = positional.map(parseReference);
  const platformText = stringOption(options, 'platform');
  const platform = platformText === undefined ? undefined : parsePlatform(platformText);
  const seen: Seen[] = [];
  let quotas: readonly RateLimit[] = [];
  try {
    quotas = await askAll(host, references, platform, options, seen);
  } catch (error) {
    // Interrupted: what was seen until then is worth keeping.
    await recordResolutions(host, options, seen);
    throw error;
  }
  const moves = await recordResolutions(host, options, seen);
  if (outputFormat(options) !== 'table') {
    await writeOutput(host, options, resolutionJson({ seen, moves, quotas, platform }), () => '');
  }
  const kinds = seen.map(({ resolution }) => resolution.kind);
  if (kinds.includes('unknown')) return exitStatus.unable;
  return kinds.every((kind) => kind === 'found') ? exitStatus.clean : exitStatus.findings;
}

/** Asks for all, prints each answer as soon as those before it are there, and answers what is left of quotas. */
async function askAll(
  host: Host,
  references: readonly Reference[],
  platform: Platform | undefined,
  options: CommandOptions,
  seen: Seen[],
): Promise<readonly RateLimit[]> {
  const registry = await host.services.openRegistry(registryOptions(options));
  const progress = startProgress(host, 'resolving');
  try {
    for await (const resolution of resolveReferences(registry, references, {
      platform,
      signal: host.signal,
    })) {
      seen.push({ resolution, observedAt: host.clock.now() });
      progress.update(`resolving: ${seen.length} of ${references.length}`);
      await print(host, options, resolution, platform);
    }
    return registry.rateLimits();
  } finally {
    progress.stop();
    writeRegistryNotices(host, registry);
    await registry.close();
  }
}

async function print(
  host: Host,
  options: CommandOptions,
  resolution: Resolution,
  platform: Platform | undefined,
): Promise<void> {
  if (resolution.kind !== 'found') {
    const { message, hint } = problemOf(resolution, platform && formatPlatform(platform));
    host.stderr.write(`holdfast: ${message}\n${hint === undefined ? '' : `  hint: ${hint}\n`}`);
  } else if (outputFormat(options) === 'table') {
    const name = repositoryName(resolution.reference.repository);
    const text = flagOption(options, 'full') ? `${name}@${resolution.digest}` : resolution.digest;
    await writeText(host, `${text}\n`);
  }
}
