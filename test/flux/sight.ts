/** What can be seen from outside of one scenario at one moment, without what differs from run to run. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoggedRequest } from '../../src/registry-server/request-log.ts';
import type { Place } from './run-scenario.ts';
import type { World } from './world.ts';

export type Sight = {
  /** By `Kind/name`. */
  readonly objects: Readonly<Record<string, SeenObject>>;
  /** Events and notifications since the last look, each once, in order of text. */
  readonly events: readonly string[];
  readonly posts: readonly string[];
  /** Requests to the registries since the last look, each kind once. */
  readonly requests: readonly string[];
  /** What a program printed, where one was run; then there is nothing else. */
  readonly output?: string;
};

export const nothing: Sight = { objects: {}, events: [], posts: [], requests: [] };

export type SeenObject = {
  readonly finalizers: readonly string[];
  readonly status: Readonly<Record<string, unknown>>;
  readonly conditions: Readonly<Record<string, SeenCondition>>;
  /** What `kubectl get` prints, without the age. */
  readonly columns: Readonly<Record<string, unknown>>;
};

/** Without its type, which it is found by, and its time. */
export type SeenCondition = {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
};

export type FluxObject = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly lastHandledReconcileAt?: string };
};

export type Condition = SeenCondition & { readonly type: string };

export const kinds = ['imagerepositories', 'imagepolicies'] as const;

export const group = '/apis/image.toolkit.fluxcd.io/v1';

export async function takeSight(world: World, place: Place): Promise<Sight> {
  const objects: Record<string, SeenObject> = {};
  for (const kind of kinds) {
    const path = `${group}/namespaces/${place.namespace}/${kind}`;
    const items = await readAtRest(world, path);
    const table = await world.reader.get<Table>(path, 'table');
    const name = kind === 'imagepolicies' ? 'ImagePolicy' : 'ImageRepository';
    for (const item of items) {
      objects[`${name}/${item.metadata.name}`] = place.normalize(seen(item, table));
    }
  }
  return {
    objects,
    events: await eventsOf(world, place),
    posts: postsOf(world, place),
    requests: requestsOf(world, place),
  };
}

/** Between two tries after failures: what is seen in the middle of one differs from run to run. */
async function readAtRest(world: World, path: string): Promise<readonly FluxObject[]> {
  for (let look = 1; ; look += 1) {
    const { items } = await world.reader.get<{ readonly items: readonly FluxObject[] }>(path);
    if (look === looksMax || !items.some(isUnderWay)) return items;
    await pause(lookEveryMs);
  }
}

const looksMax = 40;
const lookEveryMs = 250;

/** Whether a controller works on it now. */
export function isUnderWay({ status }: FluxObject): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'Reconciling' && reason === 'Progressing',
  );
}

type Table = {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object: { readonly metadata: { readonly name: string } };
  }[];
};

function seen({ metadata, status = {} }: FluxObject, table: Table): SeenObject {
  const { conditions = [], ...rest } = status;
  const row = table.rows.find((one) => one.object.metadata.name === metadata.name);
  const cells = table.columnDefinitions.flatMap(({ name }, index) =>
    /^(Name|Age|Last scan)$/.test(name) ? [] : [[name, row?.cells[index]]],
  );
  return {
    finalizers: metadata.finalizers ?? [],
    status: rest,
    conditions: Object.fromEntries(
      conditions.map(({ type, status: value, reason, message, observedGeneration }) => [
        type,
        { message, observedGeneration, reason, status: value },
      ]),
    ),
    columns: Object.fromEntries(cells),
  };
}

type EventList = {
  readonly items: readonly {
    readonly metadata: { readonly uid: string };
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly involvedObject: { readonly kind: string; readonly name: string };
    readonly source: { readonly component?: string };
  }[];
};

async function eventsOf(world: World, place: Place): Promise<readonly string[]> {
  const { items } = await world.reader.get<EventList>(`/api/v1/namespaces/${place.namespace}/events`);
  return place.unseen(
    'events',
    items.map(
      ({ type, reason, message, involvedObject, source }) =>
        `${type} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message}${signed(source.component)}`,
    ),
  );
}

function postsOf(world: World, { namespace, ...place }: Place): readonly string[] {
  const mine = world.posts.filter((post) => post.involvedObject.namespace === namespace);
  return place.unseen(
    'posts',
    mine.map(({ severity, reason, message, involvedObject, reportingController, metadata = {} }) => {
      const notes = Object.keys(metadata).length === 0 ? '' : ` ${JSON.stringify(metadata)}`;
      const lacking = ['apiVersion', 'uid', 'resourceVersion'].filter((key) => !(key in involvedObject));
      const lacks = lacking.length === 0 ? '' : ` (its object lacks ${lacking.join()})`;
      const from = signed(reportingController);
      return `${severity} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message}${notes}${lacks}${from}`;
    }),
  );
}

/** Alerts are written for this name; another one is told. */
function signed(controller: string | undefined): string {
  return controller === 'image-reflector-controller' ? '' : ` (from ${controller})`;
}

function requestsOf({ registries }: World, place: Place): readonly string[] {
  const path = `/v2/${place.path}/`;
  const mine = Object.values(registries).flatMap(({ requests }) => place.unheard(requests.list({ path })));
  return [...new Set(mine.map((request) => place.normalize(describe(request))))].toSorted();
}

function describe({ method, path, query, headers, status }: LoggedRequest): string {
  const who = headers.authorization === undefined ? '' : ` with ${headers.authorization.split(' ', 1)[0]}`;
  // How many tags a page holds is nobody's business but the client's.
  const names = [...query.keys()].filter((name) => name !== 'n' && name !== 'last');
  return `${method} ${path}${names.length === 0 ? '' : `?${names.join('&')}`}${who}: ${status}`;
}
