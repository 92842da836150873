/** Plays a scenario in a namespace and a repository of its own, and answers what was seen at each look. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoggedRequest } from '../../src/registry-server/request-log.ts';
import type { KubernetesObject } from './objects.ts';
import type { Command, Scenario, Step } from './scenario.ts';
import { type FluxObject, group, isUnderWay, kinds, nothing, type Sight, takeSight } from './sight.ts';
import type { World } from './world.ts';

/** Where a scenario plays, and what it has seen so far. */
export type Place = {
  readonly namespace: string;
  /** Of its repository, in both registries. */
  readonly path: string;
  /** The same value with what differs from run to run made the same. */
  normalize<Value>(value: Value): Value;
  /** Which of these texts were not there at the last look, each once, in order. */
  unseen(kind: string, texts: readonly string[]): readonly string[];
  unheard(requests: readonly LoggedRequest[]): readonly LoggedRequest[];
};

/** Nothing changed for so long: the controllers answer a change within milliseconds, and a failure is tried again later and later. */
const quietMs = 2_500;

/** One that has something to say yet is given longer to speak. */
const silentMs = 7_000;

/** What has not settled by then never does. */
const settleMaxMs = 40_000;

const lookEveryMs = 250;

/** @returns what was seen, by the name of the look */
export async function runScenario(
  world: World,
  scenario: Scenario,
): Promise<Readonly<Record<string, Sight>>> {
  const place = makePlace(world, scenario.name);
  const { server } = world;
  await server.kubectl(['create', 'namespace', place.namespace]);
  const sights: Record<string, Sight> = {};
  const undo: Undo = { faults: new Map() };
  for (const [index, step] of scenario.steps.entries()) {
    if (step.kind === 'look') {
      await settle(world, place.namespace);
      sights[step.name] = await takeSight(world, place);
    } else if (step.kind === 'run') {
      const times = scenario.steps
        .slice(0, index)
        .filter((one) => one.kind === 'run' && one.name === step.name);
      const name = times.length === 0 ? step.name : `${step.name} (${times.length + 1})`;
      sights[name] = { ...nothing, output: place.normalize(await runCommand(world, place, step.command)) };
    } else await take(world, place, { step, index, undo, flags: scenario.flags ?? [] });
  }
  for (const one of [...undo.faults.values()].flat()) one();
  return sights;
}

/** Takes the faults of a repository away again, by its path. */
type Undo = { readonly faults: Map<string, readonly (() => void)[]> };

type Taking = {
  readonly step: Exclude<Step, { readonly kind: 'look' | 'run' }>;
  readonly index: number;
  readonly undo: Undo;
  readonly flags: readonly string[];
};

async function take(world: World, place: Place, { step, index, undo, flags }: Taking): Promise<void> {
  const { server } = world;
  const at = `--namespace=${place.namespace}`;
  const servers = Object.values(world.registries);
  switch (step.kind) {
    case 'tags':
      for (const one of servers) setTags(one, pathOf(place, step.below), step.tags);
      return;
    case 'push-again':
      for (const one of servers) one.pushImage({ repository: place.path, tag: step.tag, seed: 'again' });
      return;
    case 'restart':
      await world.restart(flags, step.store);
      return;
    case 'fault': {
      const { below, ...rule } = step.rule;
      const repository = pathOf(place, below);
      for (const one of undo.faults.get(repository) ?? []) one();
      undo.faults.delete(repository);
      const { fault } = step;
      if (fault === undefined) return;
      const match = { ...rule.match, repository };
      undo.faults.set(
        repository,
        servers.map((one) => one.faults.add({ ...rule, match, fault })),
      );
      return;
    }
    case 'apply': {
      // A policy made together with its repository is looked at before or after the first scan, as it happens.
      const policies = step.objects.filter(({ kind }) => kind === 'ImagePolicy');
      const others = step.objects.filter(({ kind }) => kind !== 'ImagePolicy');
      await apply(world, place, others);
      if (policies.length > 0 && others.length > 0) await settle(world, place.namespace);
      await apply(world, place, policies);
      return;
    }
    case 'patch':
      await server.kubectl([
        'patch',
        at,
        step.object,
        '--type=merge',
        `--patch=${fill(JSON.stringify(step.patch), world, place)}`,
      ]);
      return;
    case 'delete':
      await server.kubectl(['delete', at, step.object, '--timeout=20s']);
      return;
    case 'request':
      await server.kubectl([
        'annotate',
        at,
        step.object,
        '--overwrite',
        `reconcile.fluxcd.io/requestedAt=step-${index}`,
      ]);
  }
}

function pathOf({ path }: Place, below: string | undefined): string {
  return below === undefined ? path : `${path}/${below}`;
}

async function apply(world: World, place: Place, objects: readonly KubernetesObject[]): Promise<void> {
  if (objects.length === 0) return;
  const items = objects.map((object) => inNamespace(object, place));
  const list = { apiVersion: 'v1', kind: 'List', items };
  await world.server.kubectl(['apply', '--filename=-'], { stdin: fill(JSON.stringify(list), world, place) });
}

/** Its words and its status; an API server's refusal has no other words than the controller's own CRD gives it. */
async function runCommand(world: World, place: Place, command: Command): Promise<string> {
  const { server } = world;
  const at = `--namespace=${place.namespace}`;
  if (command.program === 'metrics') return world.measured(command.names);
  const { status, stdout, stderr } =
    command.program === 'applying'
      ? await server.tryKubectl(['apply', '--filename=-'], {
          stdin: fill(JSON.stringify(inNamespace(command.object, place)), world, place),
        })
      : command.program === 'kubectl'
        ? await server.tryKubectl([...command.words, at])
        : await world.flux([...command.words, at]);
  // Columns are as wide as the widest text, and tests differ in the length of theirs.
  const text = `${stdout}${stderr}status ${status}`.replaceAll(/[ \t]+/g, ' ');
  return text.replaceAll(/ (\d+[hms])+$/gm, ' AGE');
}

function inNamespace({ metadata, ...object }: KubernetesObject, place: Place): object {
  return { ...object, metadata: { namespace: place.namespace, ...metadata } };
}

function setTags(server: World['registries']['open'], path: string, tags: readonly string[]): void {
  const gone = present.get(server)?.get(path) ?? [];
  for (const tag of gone) if (!tags.includes(tag)) server.deleteManifest(path, tag);
  // Also an empty repository is there.
  if (tags.length === 0) server.pushImage({ repository: path });
  for (const tag of tags) if (!gone.includes(tag)) server.pushImage({ repository: path, tag, seed: tag });
  const known = present.get(server) ?? new Map<string, readonly string[]>();
  present.set(server, known.set(path, tags));
}

const present = new WeakMap<object, Map<string, readonly string[]>>();

function fill(text: string, world: World, place: Place): string {
  const { open, closed, secure } = world.registries;
  return text
    .replaceAll('open.test/image', `${open.host}/${place.path}`)
    .replaceAll('closed.test/image', `${closed.host}/${place.path}`)
    .replaceAll('secure.test/image', `${secure.host}/${place.path}`)
    .replaceAll('far.test/image', `far.test/${place.path}`)
    .replaceAll('open.test', open.host)
    .replaceAll('closed.test', closed.host)
    .replaceAll('NAMESPACE', place.namespace)
    .replaceAll('PROXY', world.proxyUrl)
    .replaceAll('AUTHORITY', JSON.stringify(world.authority).slice(1, -1));
}

function makePlace(world: World, name: string): Place {
  const slug = `play-${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 55)
    .replace(/-$/, '');
  const seen = new Map<string, Set<string>>();
  const heard = new Set<LoggedRequest>();
  const normalize = <Value>(value: Value): Value =>
    JSON.parse(normalizeText(JSON.stringify(value), world, slug)) as Value;
  return {
    namespace: slug,
    path: slug,
    normalize,
    unseen(kind, texts) {
      const before = seen.get(kind) ?? new Set<string>();
      const now = new Set(texts.map(normalize));
      seen.set(kind, new Set([...before, ...now]));
      return [...now].filter((text) => !before.has(text)).toSorted();
    },
    unheard(requests) {
      const fresh = requests.filter((request) => !heard.has(request));
      for (const request of fresh) heard.add(request);
      return fresh;
    },
  };
}

function normalizeText(text: string, { registries, proxyUrl, server }: World, slug: string): string {
  return (
    text
      .replaceAll(`${registries.secure.host}/${slug}`, 'secure.test/image')
      .replaceAll(`far.test/${slug}`, 'far.test/image')
      .replaceAll(registries.secure.host, 'secure.test')
      .replaceAll(proxyUrl, 'PROXY')
      .replaceAll(server.url, 'API_SERVER')
      .replaceAll(`${registries.open.host}/${slug}`, 'open.test/image')
      .replaceAll(`${registries.closed.host}/${slug}`, 'closed.test/image')
      .replaceAll(registries.open.host, 'open.test')
      .replaceAll(registries.closed.host, 'closed.test')
      .replaceAll(slug, 'NAMESPACE')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
      // It is made of the image too, whose port differs.
      .replaceAll(/under policy [0-9a-f]{16}/g, 'under policy POLICY')
      .replaceAll(/next scan in [\dhms.]+/g, 'next scan in DURATION')
      .replaceAll(/127\.0\.0\.1:\d{4,5}->/g, '127.0.0.1:PORT->')
  );
}

/** Until all objects of the namespace have said what they have to say and nothing changed for a while. */
async function settle(world: World, namespace: string): Promise<void> {
  const deadline = Date.now() + settleMaxMs;
  let last = '';
  let quietSince = Date.now();
  while (Date.now() < deadline) {
    const objects: FluxObject[] = [];
    for (const kind of kinds) {
      const path = `${group}/namespaces/${namespace}/${kind}`;
      objects.push(...(await world.reader.get<{ readonly items: readonly FluxObject[] }>(path)).items);
    }
    const versions = objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).join();
    if (versions !== last || objects.some(isUnderWay)) {
      last = versions;
      quietSince = Date.now();
    }
    if (Date.now() - quietSince >= (objects.some(isOwedAWord) ? silentMs : quietMs)) return;
    await pause(lookEveryMs);
  }
}

/** Not looked at yet: it says nothing at all, nothing of its spec as it is now, or has not answered a request. */
function isOwedAWord({ metadata, status = {} }: FluxObject): boolean {
  const { conditions = [], lastHandledReconcileAt } = status;
  const ready = conditions.find(({ type }) => type === 'Ready');
  const requestedAt = metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  const isAsked = Boolean(requestedAt) && requestedAt !== lastHandledReconcileAt;
  return ready?.observedGeneration !== metadata.generation || isAsked;
}
