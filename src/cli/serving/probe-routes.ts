import type { Metrics } from '../../metrics/metrics.ts';
import { plainText, type Route } from './http-server.ts';

/** Undefined where all is well, or what is not: shown to whoever asks, so without anything secret. */
export type Probe = () => string | undefined;

/** For `--health-addr`: `/healthz` asks whether to restart it, `/readyz` whether it may take over. */
export function healthRoutes(probes: {
  readonly healthy: Probe;
  readonly ready: Probe;
}): Record<string, Route> {
  const answer = (probe: Probe) => () => {
    const trouble = probe();
    return trouble === undefined ? plainText(200, 'ok') : plainText(503, trouble);
  };
  return { '/healthz': answer(probes.healthy), '/readyz': answer(probes.ready) };
}

/** For `--metrics-addr`. */
export function metricsRoutes(metrics: Pick<Metrics, 'expose'>): Record<string, Route> {
  return {
    async '/metrics'(accept) {
      return { status: 200, ...(await metrics.expose(accept)) };
    },
  };
}
