/** What can be seen from outside of one scenario at one moment, without what differs from run to run. */
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
};

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
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
};

export type Condition = SeenCondition & { readonly type: string };

export const kinds = ['imagerepositories', 'imagepolicies'] as const;

export const group = '/apis/image.toolkit.fluxcd.io/v1';

export async function takeSight(world: World, place: Place): Promise<Sight> {
  const objects: Record<string, SeenObject> = {};
  for (const kind of kinds) {
    const path = `${group}/namespaces/${place.namespace}/${kind}`;
    const { items } = await world.reader.get<{ readonly items: readonly FluxObject[] }>(path);
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
  }[];
};

async function eventsOf(world: World, place: Place): Promise<readonly string[]> {
  const { items } = await world.reader.get<EventList>(`/api/v1/namespaces/${place.namespace}/events`);
  return place.unseen(
    'events',
    items.map(
      ({ type, reason, message, involvedObject }) =>
        `${type} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message}`,
    ),
  );
}

function postsOf(world: World, { namespace, ...place }: Place): readonly string[] {
  const mine = world.posts.filter((post) => post.involvedObject.namespace === namespace);
  return place.unseen(
    'posts',
    mine.map(({ severity, reason, message, involvedObject, metadata = {} }) => {
      const notes = Object.keys(metadata).length === 0 ? '' : ` ${JSON.stringify(metadata)}`;
      return `${severity} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message}${notes}`;
    }),
  );
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
