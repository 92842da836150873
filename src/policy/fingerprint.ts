import type { SelectionPolicy } from './select.ts';

/**
 * Everything that decides a selection, as text to compare: the same text means that a selection may only go
 * forward, another one that a person changed what is wanted. It is stored, so it may never change for the same
 * spec, whatever the version of this program; what is not set is left out.
 */
export function fingerprintPolicy(policy: SelectionPolicy, image: string): string {
  const { order, filter, exclude, skip, holdBack, minimumAgeMs, platforms } = policy;
  return JSON.stringify([
    ['image', image],
    ['order', ...orderWords(order)],
    ...(filter === undefined || filter.pattern + filter.extract === ''
      ? []
      : [['filter', filter.pattern, filter.extract]]),
    ...named('exclude', exclude),
    ...named('skip', skip),
    ...named(
      'holdBack',
      holdBack?.map(({ tag }) => tag),
    ),
    ...(minimumAgeMs === undefined ? [] : [['minimumAgeMs', minimumAgeMs]]),
    ...named('platforms', platforms),
  ]);
}

function orderWords(order: SelectionPolicy['order']): readonly string[] {
  switch (order.kind) {
    case 'semver':
      return [order.kind, order.range];
    case 'numerical':
    case 'alphabetical':
      return [order.kind, order.order];
    case 'calver':
      return [order.kind, order.format];
    case 'build':
      return [order.kind, order.prefix];
    case 'firstSeen':
      return [order.kind];
  }
}

/** A list is a set here: its order and repetitions decide nothing. */
function named(name: string, list: readonly string[] | undefined): readonly (readonly string[])[] {
  return list === undefined || list.length === 0 ? [] : [[name, ...[...new Set(list)].sort()]];
}
