import { type Command, Option } from 'commander';
import { formatPlatform, parsePlatform } from '../../oci/platform.ts';
import type { HeldBack } from '../../policy/gates.ts';
import type { OrderSpec } from '../../policy/order.ts';
import type { SelectionPolicy } from '../../policy/select.ts';
import { type CommandOptions, collect, flagOption, listOption, stringOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import { parseInstant } from '../instant.ts';

/** Adds the options that make a policy. */
export function addPolicyOptions(command: Command): void {
  const directions = ['asc', 'desc'];
  command
    .option('--semver <range>', "the highest version in a range, as Flux takes it: '>=1.0.0 <2.0.0', '~1.2'")
    .addOption(new Option('--numerical [order]', 'the greatest number, exactly').choices(directions))
    .addOption(new Option('--alphabetical [order]', 'the last by bytes').choices(directions))
    .option('--calver <format>', 'the latest calendar version: YYYY.0M.0D, YYYY.MM.MICRO (calver.org)')
    .option('--build <prefix>', 'the greatest N of the tags PREFIX-build.N')
    .option('--first-seen', 'the tag that the ledger saw last for the first time')
    .option('--filter <pattern>', 'only tags in which this occurs (RE2)')
    .option('--extract <template>', "what to rank of a filtered tag: '$ts', '$1'")
    .option('--exclude <pattern>', 'no tag in which this occurs (RE2, repeatable)', collect)
    .option('--skip <tag>', 'never this tag (repeatable)', collect)
    .option('--hold <tag>', 'not this tag for now; TAG=REASON says why (repeatable)', collect)
    .option('--minimum-age <duration>', 'only tags that the ledger has known for 12h, 7d, 2w')
    .option('--platform <platform>', 'only tags for OS/ARCHITECTURE[/VARIANT] (repeatable)', collect);
}

/** @throws UsageError, OciError `PLATFORM_INVALID` */
export function policyOf(options: CommandOptions): SelectionPolicy {
  const pattern = stringOption(options, 'filter') ?? '';
  const extract = stringOption(options, 'extract') ?? '';
  if (extract !== '' && pattern === '') {
    throw new UsageError(
      '--extract takes from what --filter matches',
      "add --filter, e.g. --filter '^main-(?P<ts>[0-9]+)$'",
    );
  }
  const age = stringOption(options, 'minimumAge');
  return {
    order: orderOf(options),
    filter: { pattern, extract },
    exclude: listOption(options, 'exclude'),
    skip: listOption(options, 'skip'),
    holdBack: listOption(options, 'hold').map(parseHold),
    ...(age === undefined ? {} : { minimumAgeMs: parseAge(age) }),
    platforms: [
      ...new Set(listOption(options, 'platform').map((text) => formatPlatform(parsePlatform(text)))),
    ],
  };
}

function orderOf(options: CommandOptions): OrderSpec {
  const orders: OrderSpec[] = [];
  const range = stringOption(options, 'semver');
  if (range !== undefined) orders.push({ kind: 'semver', range });
  for (const kind of ['numerical', 'alphabetical'] as const) {
    const order = options[kind];
    if (order !== undefined) orders.push({ kind, order: order === 'desc' ? 'desc' : 'asc' });
  }
  const format = stringOption(options, 'calver');
  if (format !== undefined) orders.push({ kind: 'calver', format });
  const prefix = stringOption(options, 'build');
  if (prefix !== undefined) orders.push({ kind: 'build', prefix });
  if (flagOption(options, 'firstSeen')) orders.push({ kind: 'firstSeen' });
  const [order] = orders;
  if (order !== undefined && orders.length === 1) return order;
  const what = orders.length === 0 ? 'no order was given' : `${orders.length} orders were given`;
  throw new UsageError(
    `${what}, and one is needed`,
    'give one of --semver, --numerical, --alphabetical, --calver, --build, --first-seen',
  );
}

/** `TAG` or `TAG=REASON`: no tag has an equals sign. */
function parseHold(text: string): HeldBack {
  const equals = text.indexOf('=');
  return equals === -1
    ? { tag: text, reason: 'by --hold' }
    : { tag: text.slice(0, equals), reason: text.slice(equals + 1) };
}

function parseAge(text: string): number {
  if (!/^\d{1,6}[smhdw]$/.test(text)) {
    throw new UsageError(
      `expected a duration, got ${JSON.stringify(text.slice(0, 80))}`,
      'write it as 90m, 12h, 7d or 2w',
    );
  }
  return -parseInstant(text, 0);
}
