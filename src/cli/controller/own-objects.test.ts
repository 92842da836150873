import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testHost } from '../../../test/host.ts';
import { systemClock } from '../../clock.ts';
import type { KubernetesClient } from '../../cluster/kubernetes-client.ts';
import type { Reflector } from '../../controllers/run-reflector.ts';
import { silentLog } from '../../log.ts';
import { openMetrics } from '../../metrics/prometheus-metrics.ts';
import type { ControllerMachine } from '../host.ts';
import { readControllerSettings } from './controller-flags.ts';
import { ownObjects } from './own-objects.ts';

const owning = { cluster: 'here', signal: new AbortController().signal };

const unused = { host: testHost().host, machine: {} as ControllerMachine, client: {} as KubernetesClient };

describe('a controller that stands for no Lease', () => {
  for (const { name, options, leads } of [
    { name: 'leads', options: {}, leads: 1 },
    { name: 'does not lead where it observes', options: { observe: true }, leads: 0 },
    {
      name: 'does not lead where it observes, whatever else it is told',
      options: { observe: true, enableLeaderElection: true },
      leads: 0,
    },
  ]) {
    it(name, async () => {
      const metrics = await openMetrics(systemClock);
      let shown = '';
      const reflector: Pick<Reflector, 'own'> = {
        async own() {
          shown = (await metrics.expose(undefined)).body;
        },
      };
      const settings = readControllerSettings(options, {});
      const parts = { ...unused, settings, metrics, log: silentLog };
      await ownObjects(parts, reflector, owning);
      assert.equal(/^leader_election_master_status\{.*\} (\d)$/m.exec(shown)?.[1], String(leads));
    });
  }
});
