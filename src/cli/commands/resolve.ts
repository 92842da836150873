import type { Command } from 'commander';
import { formatPlatform, type Platform, parsePlatform } from '../../oci/platform.ts';
import { parseReference, type Reference } from '../../reference/reference.ts';
import { repositoryName } from '../../reference/repository.ts';
import type { RateLimit, RegistryReader } from '../../registry/registry-client.ts';
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
import { type Recorded, recordResolutions, type Seen } from '../resolve/record-resolutions.ts';
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
  const registry = await host.services.openRegistry(registryOptions(options));
  try {
    const { seen, recorded, quotas } = await askAndRecord(host, registry, references, platform, options);
    if (outputFormat(options) !== 'table') {
      const { moves } = recorded;
      await writeOutput(host, options, resolutionJson({ seen, moves, quotas, platform }), () => '');
    }
    return statusOf(seen, recorded);
  } finally {
    writeRegistryNotices(host, registry);
    await registry.close();
  }
}

/** "Could not look" comes before "not there": it may hide another answer. */
function statusOf(seen: readonly Seen[], { isContradicted }: Recorded): ExitStatus {
  const kinds = seen.map(({ resolution }) => resolution.kind);
  if (isContradicted || kinds.includes('unknown')) return exitStatus.unable;
  return kinds.every((kind) => kind === 'found') ? exitStatus.clean : exitStatus.findings;
}

type Answers = {
  readonly seen: readonly Seen[];
  readonly recorded: Recorded;
  readonly quotas: readonly RateLimit[];
};

async function askAndRecord(
  host: Host,
  registry: RegistryReader,
  references: readonly Reference[],
  platform: Platform | undefined,
  options: CommandOptions,
): Promise<Answers> {
  const seen: Seen[] = [];
  try {
    await askAll(host, registry, references, platform, options, seen);
  } catch (error) {
    // Interrupted: what agrees with the ledger is worth keeping.
    await recordResolutions(host, options, seen, registry);
    throw error;
  }
  const recorded = await recordResolutions(host, options, seen, registry);
  host.signal.throwIfAborted();
  return { seen, recorded, quotas: registry.rateLimits() };
}

/** Asks for all, and prints each answer as soon as those before it are there. */
async function askAll(
  host: Host,
  registry: RegistryReader,
  references: readonly Reference[],
  platform: Platform | undefined,
  options: CommandOptions,
  seen: Seen[],
): Promise<void> {
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
  } finally {
    progress.stop();
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
