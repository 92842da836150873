/**
 * A cluster in which there is nothing but one Lease, time, and a network that fails: for elections that would
 * take hours. The API's compare-and-set is held to the real one by `kubernetes-contract.ts`.
 */
import { ClusterError } from '../src/cluster/errors.ts';
import type { KubernetesClient, KubernetesObject } from '../src/cluster/kubernetes-client.ts';
import { standForLeader } from '../src/cluster/leader.ts';
import { silentLog } from '../src/log.ts';
import type { Timing } from '../src/timing.ts';
import { type ManualTiming, manualTiming } from './manual-timing.ts';

export type LeaseWorld = {
  readonly timing: ManualTiming;
  readonly network: { silent: boolean; lossPart: number; latencyMsMax: number };
  readonly random: () => number;
  /** Called when somebody begins to lead. */
  onTerm: () => void;
  holder(): string | undefined;
  steal(thief: string): void;
  touch(): void;
  remove(): void;
  /** Does at the server what a request says. */
  readonly store: LeaseStore;
};

type LeaseStore = {
  read(): KubernetesObject | undefined;
  write(object: { readonly metadata: object; readonly spec?: unknown }, isNew: boolean): KubernetesObject;
};

export function makeLeaseWorld(random: () => number = () => 0): LeaseWorld {
  let stored: KubernetesObject | undefined;
  let version = 0;
  const put = (spec: unknown): KubernetesObject => {
    version += 1;
    stored = {
      metadata: { namespace: 'flux-system', name: 'leader', resourceVersion: String(version) },
      spec,
    };
    return stored;
  };
  const specOf = () => (stored?.['spec'] ?? {}) as Record<string, unknown>;
  return {
    timing: manualTiming(random),
    network: { silent: false, lossPart: 0, latencyMsMax: 0 },
    random,
    onTerm: () => undefined,
    holder: () => (specOf()['holderIdentity'] as string | undefined) || undefined,
    steal: (thief) => void put({ ...specOf(), holderIdentity: thief }),
    touch: () => void put(specOf()),
    remove() {
      stored = undefined;
    },
    store: {
      read: () => stored,
      write({ metadata, spec }, isNew) {
        const expected = isNew ? undefined : (metadata as { resourceVersion?: string }).resourceVersion;
        if (!isNew && stored === undefined) throw new ClusterError('CLUSTER_NOT_FOUND', 'the lease is gone');
        if (stored?.metadata['resourceVersion'] !== expected) {
          throw new ClusterError('CLUSTER_CONFLICT', 'somebody else wrote it', { retryable: true });
        }
        return put(spec);
      },
    },
  };
}

export type Replica = {
  readonly identity: string;
  isLeader(): boolean;
  /** How often it began to lead, and how often that was lost. */
  readonly terms: number;
  readonly lost: number;
  /** Nothing happens in its process until it is resumed. */
  pause(): void;
  resume(): void;
  stop(): void;
  readonly ended: Promise<void>;
};

export type ReplicaOptions = {
  readonly clockSkewMs?: number;
  /** How long its work takes to end when it is told to. */
  readonly stopMs?: number;
  readonly failure?: Error;
  readonly isReleasedAtEnd?: boolean;
};

export function startReplica(world: LeaseWorld, identity: string, options: ReplicaOptions = {}): Replica {
  const process = makeProcess(world);
  const stopping = new AbortController();
  let isLeader = (): boolean => false;
  let terms = 0;
  let lost = 0;
  const ended = standForLeader({
    client: clientIn(world, process.run),
    lease: { namespace: 'flux-system', name: 'leader' },
    identity,
    ...(options.isReleasedAtEnd === undefined ? {} : { isReleasedAtEnd: options.isReleasedAtEnd }),
    signal: stopping.signal,
    clock: { now: () => world.timing.elapsedMs() + (options.clockSkewMs ?? 0) },
    timing: process.timing,
    log: silentLog,
    lead: async (leadership) => {
      terms += 1;
      isLeader = () => leadership.isLeader();
      world.onTerm();
      if (options.failure !== undefined) throw options.failure;
      await new Promise<void>((resolve) => {
        leadership.signal.addEventListener('abort', () => {
          lost += 1;
          resolve();
        });
        stopping.signal.addEventListener('abort', () => world.timing.schedule(options.stopMs ?? 0, resolve));
      });
    },
  });
  return {
    identity,
    isLeader: () => isLeader(),
    get terms() {
      return terms;
    },
    get lost() {
      return lost;
    },
    pause: () => process.pause(),
    resume: () => process.resume(),
    stop: () => stopping.abort(new Error('told to stop')),
    ended,
  };
}

/** What a process does begins with a timer or an answer: both wait while it is paused. */
function makeProcess(world: LeaseWorld) {
  let isPaused = false;
  let waiting: (() => void)[] = [];
  const run = (call: () => void): void => {
    if (isPaused) waiting.push(call);
    else call();
  };
  const timing: Timing = {
    elapsedMs: () => world.timing.elapsedMs(),
    random: world.random,
    schedule(afterMs, call) {
      let isCalledOff = false;
      const callOff = world.timing.schedule(afterMs, () =>
        run(() => {
          if (!isCalledOff) call();
        }),
      );
      return () => {
        isCalledOff = true;
        callOff();
      };
    },
  };
  return {
    timing,
    run,
    pause(): void {
      isPaused = true;
    },
    resume(): void {
      isPaused = false;
      const calls = waiting;
      waiting = [];
      for (const call of calls) run(call);
    },
  };
}

function clientIn(world: LeaseWorld, run: (call: () => void) => void): KubernetesClient {
  const never = (): never => {
    throw new Error('an election does not ask that');
  };
  return {
    read: (_kind, _name, signal) => ask(world, { run, signal, act: () => world.store.read() }),
    create: (_kind, _namespace, object, signal) =>
      ask(world, { run, signal, act: () => world.store.write({ ...object, metadata: {} }, true) }),
    replace: (_kind, object, replacing) =>
      ask(world, { run, signal: replacing?.signal, act: () => world.store.write(object, false) }),
    list: never,
    watch: never,
    mergePatch: never,
    remove: never,
    requestToken: never,
  };
}

type Asked<Answer> = {
  readonly run: (call: () => void) => void;
  readonly signal: AbortSignal | undefined;
  readonly act: () => Answer;
};

/** There and back, each slow or lost; a silent network answers nothing, and takes nothing. */
function ask<Answer>(world: LeaseWorld, { run, signal, act }: Asked<Answer>): Promise<Answer> {
  const { network, timing, random } = world;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    const travel = (call: () => void): void => {
      if (!network.silent && random() >= network.lossPart)
        timing.schedule(random() * network.latencyMsMax, call);
    };
    travel(() => {
      let answer: () => void;
      try {
        const result = act();
        answer = () => resolve(result);
      } catch (error) {
        answer = () => reject(error);
      }
      travel(() => run(answer));
    });
  });
}
