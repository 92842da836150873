import type { Command } from 'commander';
import type { Ledger } from '../../ledger/ledger.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { makeSelector, type SelectionOutcome, type SelectionPolicy } from '../../policy/select.ts';
import { doubtTemplate } from '../../policy/tag-filter.ts';
import { parseRepository, type Repository } from '../../reference/repository.ts';
import { readPlatforms } from '../../reflect/read-platforms.ts';
import { selectTags, type TagQuestions } from '../../reflect/select-tags.ts';
import { findOwnLists, type ListOwner, ledgerPages } from '../../reflect/tag-list.ts';
import type { RegistryReader } from '../../registry/registry-client.ts';
import {
  addExamples,
  type CommandModule,
  type CommandOptions,
  flagOption,
  listOption,
  stringOption,
} from '../command.ts';
import { UsageError } from '../errors.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { addLedgerOption, withLedger } from '../ledger-option.ts';
import { addOutputOption, writeOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { startProgress } from '../progress.ts';
import { addRegistryOptions, registryOptions, writeRegistryNotices } from '../registry-options.ts';
import { addPolicyOptions, policyOf } from '../select/policy-options.ts';
import { nothingText, type SelectedView, selectJson, selectTexts, viewTitle } from '../select/select-text.ts';
import { filePages, registryPages, requireScan, wasScanned } from '../select/tag-source.ts';

/** Most candidates that are listed: more is a listing of the repository. */
const topMax = 10_000;

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<repository>', 'repository without tag, or - for tags on standard input, one a line');
    addPolicyOptions(command);
    command
      .option('--top <n>', 'the best N tags, best first', '1')
      .option('--explain [tag]', 'say why tags were not chosen, and this one (repeatable)', collectTags)
      .option('--from-ledger', 'choose from the tags of the last complete scan; ask no registry for them')
      .option('--from <file>', 'choose from the tags in this file, one a line');
    addLedgerOption(command);
    addRegistryOptions(command);
    addOutputOption(command);
    addExamples(command, [
      [
        "holdfast select ghcr.io/stefanprodan/podinfo --semver '>=6.0.0 <7.0.0'",
        'what a Flux ImagePolicy selects',
      ],
      [
        "holdfast select ghcr.io/acme/app --filter '^main-[a-f0-9]+-(?P<ts>[0-9]+)$' --extract '$ts' --numerical",
        'the newest build of main',
      ],
      ["crane ls nginx | holdfast select - --semver '~1.27' --explain 1.27.0", 'why not this one'],
    ]);
  },
  run: select,
};

async function select(
  host: Host,
  [name = '']: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  // Every mistake in the words is told before anything is asked.
  const policy = policyOf(options);
  const top = topOf(options);
  makeSelector(policy, { now: 0 });
  const sources = [
    name === '-',
    stringOption(options, 'from') !== undefined,
    flagOption(options, 'fromLedger'),
  ];
  if (sources.filter(Boolean).length > 1) {
    throw new UsageError(
      'tags come from one place',
      'give one of - (standard input), --from FILE and --from-ledger',
    );
  }
  warnOfTemplate(host, policy);
  const views = await withPlaces(host, name, options, policy, async (pages, questions) => {
    return selectTags(pages, policy, questions, {
      now: host.clock.now(),
      top,
      explain: listOption(options, 'explain'),
      signal: host.signal,
    });
  });
  const explains = options['explain'] !== undefined;
  await writeOutput(host, options, selectJson(views), () => selectTexts(views, explains));
  const only = views.length === 1 ? views[0]?.owner : undefined;
  if (only !== undefined) host.stderr.write(`holdfast: ${viewTitle(only)}\n`);
  const nothing = views.filter(({ outcome }) => outcome.selected === undefined);
  for (const { outcome, owner } of nothing) {
    // The explanation has told it already, but for an empty list, which has none.
    if (explains && outcome.considered > 0) continue;
    host.stderr.write(
      `holdfast: ${owner === undefined ? '' : `${viewTitle(owner)}: `}${nothingText(outcome)}\n`,
    );
  }
  return nothing.length === 0 ? exitStatus.clean : exitStatus.findings;
}

/** Given without a tag, the option is `true`. */
function collectTags(tag: string, previous: unknown): readonly unknown[] {
  return [...(Array.isArray(previous) ? previous : []), tag];
}

/** What Flux takes is taken, but not without a word. */
function warnOfTemplate(host: Host, { filter }: SelectionPolicy): void {
  const doubt = filter && doubtTemplate(filter);
  if (doubt === undefined) return;
  host.stderr.write(`holdfast: warning: --extract ${printable(filter?.extract ?? '')} ${printable(doubt)}\n`);
}

type Work = (pages: AsyncIterable<readonly string[]>, questions: TagQuestions) => Promise<SelectionOutcome>;

/** Opens what this selection needs and nothing else, and closes it whatever happens. */
async function withPlaces(
  host: Host,
  name: string,
  options: CommandOptions,
  policy: SelectionPolicy,
  work: Work,
): Promise<readonly SelectedView[]> {
  const repository = name === '-' ? undefined : parseRepository(name);
  const file = name === '-' ? '-' : stringOption(options, 'from');
  const fromLedger = flagOption(options, 'fromLedger');
  const needsAge = policy.minimumAgeMs !== undefined || policy.order.kind === 'firstSeen';
  const needsPlatforms = (policy.platforms ?? []).length > 0;
  if (repository === undefined && (needsAge || needsPlatforms)) {
    throw new UsageError(
      'age and platforms of tags on standard input are not known',
      'name the REPOSITORY, and give the tags by --from FILE',
    );
  }
  const asksRegistry = needsPlatforms || (file === undefined && !fromLedger);
  return withRegistry(host, options, asksRegistry, (registry) => {
    const use = async (ledger: Ledger | undefined) => {
      const lists = await listsOf(ledger, repository, fromLedger);
      const views: SelectedView[] = [];
      for (const { owner, key } of lists) {
        const outcome = await work(
          pagesFrom(host, key, file, { registry, ledger, fromLedger }),
          questionsFor(host, { repository, key }, policy, { registry, ledger }),
        );
        views.push({ owner, outcome });
      }
      return views;
    };
    return needsAge || fromLedger ? withLedger(host, options, use, { mustExist: true }) : use(undefined);
  });
}

type Opened = { readonly registry: RegistryReader | undefined; readonly ledger: Ledger | undefined };

type List = { readonly owner: ListOwner | undefined; readonly key: Repository | undefined };

/**
 * The lists that are chosen from: of a ledger all that saw the repository whole, the shared one first.
 * @throws TagListError where a ledger is needed and has none
 */
async function listsOf(
  ledger: Ledger | undefined,
  repository: Repository | undefined,
  fromLedger: boolean,
): Promise<readonly List[]> {
  const shared = { owner: undefined, key: repository };
  if (ledger === undefined || repository === undefined) return [shared];
  const own: List[] = [];
  for (const list of fromLedger ? await findOwnLists(ledger, repository) : []) {
    if (await wasScanned(ledger, list.key)) own.push(list);
  }
  if (own.length > 0 && !(await wasScanned(ledger, repository))) return own;
  await requireScan(ledger, repository);
  return [shared, ...own];
}

function pagesFrom(
  host: Host,
  repository: Repository | undefined,
  file: string | undefined,
  { registry, ledger, fromLedger }: Opened & { readonly fromLedger: boolean },
): AsyncIterable<readonly string[]> {
  if (file !== undefined || repository === undefined) return filePages(host, file ?? '-');
  if (fromLedger && ledger !== undefined) return ledgerPages(ledger, repository);
  if (registry === undefined) throw new Error('no place to read tags from');
  return registryPages(registry, repository, host.signal);
}

function questionsFor(
  host: Host,
  { repository, key }: { readonly repository: Repository | undefined; readonly key: Repository | undefined },
  policy: SelectionPolicy,
  { registry, ledger }: Opened,
): TagQuestions {
  const wanted = (policy.platforms ?? []).map(parsePlatform);
  return {
    async firstSeenAt(tags) {
      if (ledger === undefined || key === undefined) return new Map();
      return ledger.listFirstSeen(key, tags);
    },
    async platformsOf(tag) {
      if (registry === undefined || repository === undefined) return undefined;
      return readPlatforms(registry, repository, tag, { wanted, signal: host.signal });
    },
  };
}

async function withRegistry<Result>(
  host: Host,
  options: CommandOptions,
  isNeeded: boolean,
  work: (registry: RegistryReader | undefined) => Promise<Result>,
): Promise<Result> {
  if (!isNeeded) return work(undefined);
  const registry = await host.services.openRegistry(registryOptions(options));
  const progress = startProgress(host, 'reading tags');
  try {
    return await work(registry);
  } finally {
    progress.stop();
    writeRegistryNotices(host, registry);
    await registry.close();
  }
}

function topOf(options: CommandOptions): number {
  const text = stringOption(options, 'top') ?? '1';
  const top = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (top >= 1 && top <= topMax) return top;
  throw new UsageError(`--top takes a number from 1 to ${topMax}, got ${JSON.stringify(text.slice(0, 40))}`);
}
