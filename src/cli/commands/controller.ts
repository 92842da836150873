import type { Command } from 'commander';
import { openKubernetesClient } from '../../cluster/api-client.ts';
import { makeClusterEvents } from '../../cluster/cluster-events.ts';
import type { EventRecorder } from '../../cluster/event-recorder.ts';
import { openClusterAccess } from '../../cluster/kubeconfig.ts';
import { describeWrongTimes } from '../../cluster/leader-times.ts';
import { makeNotificationEvents } from '../../cluster/notification-events.ts';
import { measureLedger } from '../../controllers/measure-ledger.ts';
import { memoryEvent, type OwnPod } from '../../controllers/memory-event.ts';
import { makeReflector } from '../../controllers/run-reflector.ts';
import { checkClaimsAt } from '../../ledger/open-ledger.ts';
import { watchMemory } from '../../memory/memory-watch.ts';
import { openMetrics } from '../../metrics/prometheus-metrics.ts';
import { addExamples, type CommandModule, type CommandOptions } from '../command.ts';
import { addControllerFlags, readControllerSettings } from '../controller/controller-flags.ts';
import { makeJsonLog } from '../controller/json-log.ts';
import { findCluster, type OwningParts, ownObjects } from '../controller/own-objects.ts';
import { UsageError } from '../errors.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { type Serving, serve } from '../serving/http-server.ts';
import { healthRoutes, metricsRoutes } from '../serving/probe-routes.ts';

export const command: CommandModule = {
  define(command: Command) {
    addControllerFlags(command);
    addExamples(command, [
      ['holdfast controller', "in place of Flux's image-reflector-controller, one replica"],
      [
        'holdfast controller --enable-leader-election --ledger postgres://ledger.db/holdfast',
        'several replicas, one of which works',
      ],
      [
        'holdfast controller --replicas-active=all --ledger postgres://ledger.db/holdfast',
        'several replicas that share the work',
      ],
      [
        'holdfast controller --observe --storage-path /tmp/holdfast',
        "beside Flux's reflector: say what would be refused",
      ],
    ]);
  },
  run: runController,
};

/** What Flux calls itself: alerts are written for it. */
const component = 'image-reflector-controller';

/**
 * How long a write waits for another process at the ledger's file. Everything stands still meanwhile, and a probe is
 * answered within a second; whatever was to be written is tried again.
 */
const ledgerWaitMs = 500;

async function runController(
  host: Host,
  _positional: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  const settings = readControllerSettings(options, host.env);
  const wrongTimes = describeWrongTimes(settings.times);
  if (wrongTimes !== undefined) throw new UsageError(`--leader-election-…: ${wrongTimes}`);
  if (settings.replicasActive === 'all') checkClaimsAt(settings.ledger);
  const { logLevel: threshold, logEncoding: encoding } = settings;
  const log = makeJsonLog(host.stderr, { threshold, encoding, clock: host.clock });
  for (const warning of settings.ignored) log.write('warn', warning);
  const machine = await host.services.controllerMachine();
  const access = await openClusterAccess({ ...settings.access, env: host.env, cwd: host.cwd });
  const metrics = await openMetrics(host.clock);
  const client = openKubernetesClient(access, {
    onAnswer: (answer) => metrics.apiServerAnswered({ ...answer, host: access.server.host }),
  });
  const parts: OwningParts = { host, settings, machine, client, metrics, log };
  const { concurrency: scansAtOnce } = settings.reflector;
  const opened = await host.services.openLedger(settings.ledger, { scansAtOnce, waitMs: ledgerWaitMs });
  const ledger = measureLedger(opened, metrics, machine.timing);
  const events = openEvents(parts);
  const memory = watchMemory({
    root: machine.root,
    usedBytes: () => machine.usedBytes(),
    reclaim: () => machine.reclaim(),
    onMeasure: (state) => metrics.memory(state),
    onLevel(state) {
      const pod = ownPod(parts);
      if (pod !== undefined && !settings.reflector.observe) events.record(memoryEvent(pod, state));
    },
    timing: machine.timing,
    log,
  });
  const reflector = makeReflector(
    {
      client,
      ledger,
      clouds: machine.openClouds(settings.credentialCache),
      openRegistry: (access) => machine.openRegistryFor(access, (answer) => metrics.registryAnswered(answer)),
      events,
      metrics,
      admitScan: (running) => memory.admitScan(running),
      clock: host.clock,
      timing: machine.timing,
      log,
    },
    settings.reflector,
  );
  const failed = new AbortController();
  const signal = AbortSignal.any([host.signal, failed.signal]);
  let servings: readonly Serving[] = [];
  let cluster: string | undefined;
  /** Nothing can be owned before: neither by who works, nor by who stands ready to follow. */
  const notReady = (): string | undefined =>
    cluster === undefined ? 'it is not known yet which cluster this is' : reflector.notReady();
  const own = async (): Promise<void> => {
    cluster = await findCluster(parts, signal);
    if (cluster !== undefined) await ownObjects(parts, reflector, { cluster, signal });
  };
  try {
    servings = await startServing(parts, notReady);
    log.write('info', 'starting', {
      version: host.version,
      cluster: access.server.host,
      context: access.context,
      observe: settings.reflector.observe,
    });
    await Promise.all([
      reflector.follow(signal),
      own().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ]);
    log.write('info', 'stopped');
    return exitStatus.clean;
  } finally {
    memory.close();
    await events.close();
    await Promise.all(servings.map((serving) => serving.close()));
    await ledger.close();
  }
}

/** A pod's name is its host's, unless it says another. */
function ownPod({ host: { env }, machine }: OwningParts): OwnPod | undefined {
  const namespace = env['RUNTIME_NAMESPACE'];
  if (!namespace) return undefined;
  return { namespace, name: env['POD_NAME'] || machine.hostname, uid: env['POD_UID'] ?? '' };
}

function openEvents({ host, settings, machine, client, metrics, log }: OwningParts): EventRecorder {
  const common = { component, instance: machine.hostname, clock: host.clock, timing: machine.timing, log };
  const recorders = [
    makeClusterEvents({ ...common, client, onDropped: () => metrics.eventsDropped('kubernetes', 1) }),
    ...(settings.eventsAddress === undefined
      ? []
      : [
          makeNotificationEvents({
            ...common,
            address: settings.eventsAddress,
            onDropped: () => metrics.eventsDropped('notification', 1),
          }),
        ]),
  ];
  return {
    record: (event) => recorders.forEach((recorder) => recorder.record(event)),
    async close() {
      await Promise.all(recorders.map((recorder) => recorder.close()));
    },
  };
}

async function startServing(
  { settings, metrics, log }: OwningParts,
  notReady: () => string | undefined,
): Promise<readonly Serving[]> {
  const wanted = [
    { address: settings.metricsAddress, routes: metricsRoutes(metrics) },
    {
      address: settings.healthAddress,
      routes: healthRoutes({ healthy: () => undefined, ready: notReady }),
    },
  ];
  const servings: Serving[] = [];
  try {
    for (const { address, routes } of wanted) {
      if (address === undefined) continue;
      const serving = await serve({ address, routes, log });
      log.write('info', 'serving', { address: serving.host, paths: Object.keys(routes).join(' ') });
      servings.push(serving);
    }
    return servings;
  } catch (error) {
    // One that goes on listening would keep a process alive that serves nobody.
    await Promise.all(servings.map((serving) => serving.close()));
    throw error;
  }
}
