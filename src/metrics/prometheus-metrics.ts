import type { Clock } from '../clock.ts';
import { type Catalogue, catalogue } from './catalogue.ts';
import { exposeMetrics, type MetricFamily } from './exposition.ts';
import type { Metrics, ObjectName, SelectionMeasure } from './metrics.ts';

/** Registries counted by themselves: beyond it, which only a mistake or an attack reaches, all as `other`. */
const hostsMax = 100;

/** How often the event loop's lag is looked at: the library's hundred times a second is most of what idling costs. */
const loopLagEveryMs = 500;

const scanOutcomes = ['complete', 'failed', 'suspect', 'skipped'] as const;
const tagChanges = ['added', 'removed', 'moved'] as const;

/** Metrics in memory, and the process's own. */
export async function openMetrics(clock: Clock): Promise<Metrics> {
  const { default: prometheus } = await import('prom-client');
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = prometheus;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopLagEveryMs });

  const made = <Name extends keyof Catalogue>(name: Name) => {
    const { help, labels } = catalogue[name];
    return { name: catalogue[name].name, help, labelNames: [...labels], registers };
  };
  const bucketed = (name: keyof Catalogue & `${string}Seconds`) => {
    const definition = catalogue[name];
    return { ...made(name), ...('buckets' in definition ? { buckets: [...definition.buckets] } : {}) };
  };
  const scans = new Counter(made('scans'));
  const scanSeconds = new Histogram(bucketed('scanSeconds'));
  const lastScanSeconds = new Gauge(made('lastScanSeconds'));
  const lastScanAt = new Gauge(made('lastScanAt'));
  const scanPutOffAt = new Gauge(made('scanPutOffAt'));
  const tags = new Gauge(made('tags'));
  const changes = new Counter(made('tagChanges'));
  const registryRequests = new Counter(made('registryRequests'));
  const rateLimitRemaining = new Gauge(made('rateLimitRemaining'));
  const selection = new Gauge(made('selection'));
  const selectedAt = new Gauge(made('selectedAt'));
  const regressionsRefused = new Counter(made('regressionsRefused'));
  const missingRollbacks = new Counter(made('missingRollbacks'));
  const selectedTagMoves = new Counter(made('selectedTagMoves'));
  const holds = new Gauge(made('holds'));
  const holdUntil = new Gauge(made('holdUntil'));
  const ledgerSeconds = new Histogram(bucketed('ledgerSeconds'));
  const memoryUsed = new Gauge(made('memoryUsed'));
  const memoryLimit = new Gauge(made('memoryLimit'));
  const eventsDropped = new Counter(made('eventsDropped'));
  const gotkReconcileSeconds = new Histogram(bucketed('gotkReconcileSeconds'));
  const reconciles = new Counter(made('reconciles'));
  const reconcileErrors = new Counter(made('reconcileErrors'));
  const reconcileSeconds = new Histogram(bucketed('reconcileSeconds'));
  const activeWorkers = new Gauge(made('activeWorkers'));
  const queueDepth = new Gauge(made('queueDepth'));
  const queueSeconds = new Histogram(bucketed('queueSeconds'));
  const apiServerRequests = new Counter(made('apiServerRequests'));
  const leader = new Gauge(made('leader'));
  const claimGauges = {
    held: new Gauge(made('claimsHeld')),
    share: new Gauge(made('claimsShare')),
    replicas: new Gauge(made('claimsReplicas')),
  };
  // Absent where replicas share nothing.
  for (const gauge of Object.values(claimGauges)) gauge.remove();

  const ofLeader = [selection, selectedAt, holds, holdUntil, lastScanSeconds, lastScanAt, scanPutOffAt, tags];
  const hosts = new Set<string>();
  const selections = new Map<string, SelectionMeasure>();
  memoryLimit.remove();
  // Known from the start, so that the first is an increase.
  for (const sink of ['kubernetes', 'notification']) eventsDropped.inc({ sink }, 0);

  function hostLabel(host: string): string {
    if (hosts.size < hostsMax) hosts.add(host);
    return hosts.has(host) ? host : 'other';
  }

  function forgetSelection(policy: ObjectName): void {
    const key = `${policy.namespace}/${policy.name}`;
    const before = selections.get(key);
    if (before === undefined) return;
    selection.remove({ ...policy, image: before.image, tag: before.tag });
    selectedAt.remove(policy);
    selections.delete(key);
  }

  return {
    scanned({ repository, outcome, durationMs, tags: found, added = 0, removed = 0, moved = 0 }) {
      const object = labelsOf(repository);
      scans.inc({ ...object, outcome });
      if (outcome === 'skipped') return;
      scanSeconds.observe({ outcome }, durationMs / 1000);
      if (outcome !== 'complete') return;
      lastScanSeconds.set(object, durationMs / 1000);
      lastScanAt.set(object, clock.now() / 1000);
      if (found !== undefined) tags.set(object, found);
      const counts = { added, removed, moved };
      for (const change of tagChanges) changes.inc({ ...object, change }, counts[change]);
    },

    scanPutOff(repository, sinceAt) {
      const object = labelsOf(repository);
      if (sinceAt === undefined) scanPutOffAt.remove(object);
      else scanPutOffAt.set(object, sinceAt / 1000);
    },

    registryAnswered({ host, status, rateLimitRemaining: remaining }) {
      const label = hostLabel(host);
      registryRequests.inc({ host: label, status: status === undefined ? 'none' : String(status) });
      if (remaining !== undefined) rateLimitRemaining.set({ host: label }, remaining);
    },

    apiServerAnswered({ host, method, status }) {
      apiServerRequests.inc({ code: status === undefined ? '<error>' : String(status), method, host });
    },

    selected(measure) {
      const policy = labelsOf(measure.policy);
      forgetSelection(policy);
      selections.set(`${policy.namespace}/${policy.name}`, measure);
      selection.set({ ...policy, image: measure.image, tag: measure.tag }, 1);
      selectedAt.set(policy, measure.selectedAt / 1000);
      // Known from the start, so that the first is an increase.
      for (const counter of [regressionsRefused, missingRollbacks, selectedTagMoves]) counter.inc(policy, 0);
    },

    selectedTagMoved: (policy) => selectedTagMoves.inc(labelsOf(policy)),

    regressionRefused: (policy) => regressionsRefused.inc(labelsOf(policy)),

    rolledBackMissing: (policy) => missingRollbacks.inc(labelsOf(policy)),

    held(object, hold) {
      const policy = labelsOf(object);
      holdUntil.remove(policy);
      if (hold?.isInForce === true) holds.set(policy, 1);
      else holds.remove(policy);
      if (hold?.untilAt !== undefined) holdUntil.set(policy, hold.untilAt / 1000);
    },

    reconciled({ controller, kind, object, result, waitedMs, durationMs }) {
      reconciles.inc({ controller, result });
      if (result === 'error') reconcileErrors.inc({ controller });
      reconcileSeconds.observe({ controller }, durationMs / 1000);
      queueSeconds.observe({ name: controller }, waitedMs / 1000);
      gotkReconcileSeconds.observe({ kind, ...labelsOf(object) }, durationMs / 1000);
    },

    queued(controller, { depth, running }) {
      queueDepth.set({ name: controller }, depth);
      activeWorkers.set({ controller }, running);
    },

    ledgerAsked({ operation, durationMs, isFailed }) {
      ledgerSeconds.observe({ operation, outcome: isFailed ? 'error' : 'success' }, durationMs / 1000);
    },

    leading: (lease, isLeader) => leader.set({ name: lease }, isLeader ? 1 : 0),

    claimed({ held, share, replicas }) {
      claimGauges.held.set(held);
      claimGauges.share.set(share);
      claimGauges.replicas.set(replicas);
    },

    memory({ usedBytes, limitBytes }) {
      memoryUsed.set(usedBytes);
      if (limitBytes === undefined) memoryLimit.remove();
      else memoryLimit.set(limitBytes);
    },

    eventsDropped: (sink, count) => eventsDropped.inc({ sink }, count),

    forget(kind, name) {
      const object = labelsOf(name);
      gotkReconcileSeconds.remove({ kind, ...object });
      if (kind === 'ImageRepository') {
        for (const outcome of scanOutcomes) scans.remove({ ...object, outcome });
        for (const change of tagChanges) changes.remove({ ...object, change });
        for (const gauge of [lastScanSeconds, lastScanAt, scanPutOffAt, tags]) gauge.remove(object);
      } else {
        forgetSelection(object);
        for (const counter of [regressionsRefused, missingRollbacks, selectedTagMoves])
          counter.remove(object);
        for (const gauge of [holds, holdUntil]) gauge.remove(object);
      }
    },

    forgetAll() {
      selections.clear();
      for (const gauge of ofLeader) gauge.reset();
    },

    async expose(accept) {
      const found = await registry.getMetricsAsJSON();
      // Its types call the kind a number; it is a word.
      const families = found.map((family): MetricFamily => ({ ...family, type: String(family.type) }));
      return exposeMetrics(families, accept);
    },
  };
}

/** Only the two labels, in case the caller hands in a larger object. */
function labelsOf({ namespace, name }: ObjectName): { namespace: string; name: string } {
  return { namespace, name };
}
