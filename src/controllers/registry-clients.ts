import { createHash } from 'node:crypto';
import type { RegistryAccess } from '../registry/open-registry-for.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { RegistryClients } from './reflector.ts';

/** Clients kept: each holds connections and tokens of some hosts. */
const clientsMax = 100;

/** How long a client that was given up is kept for those who still use it: longer than most scans. */
const closeAfterMs = 600_000;

/** Keeps the clients used last, each known by a checksum of its secrets. */
export function makeRegistryClients(open: (access: RegistryAccess) => RegistryReader): RegistryClients {
  const clients = new Map<string, RegistryReader>();
  const leaving = new Map<RegistryReader, NodeJS.Timeout>();

  function leave(client: RegistryReader): void {
    const timer = setTimeout(() => {
      leaving.delete(client);
      void client.close();
    }, closeAfterMs);
    leaving.set(client, timer.unref());
  }

  return {
    clientFor(access) {
      const key = fingerprint(access);
      const client = clients.get(key) ?? open(access);
      // The order of a Map is the order of use.
      clients.delete(key);
      clients.set(key, client);
      const [oldest] = clients;
      if (clients.size > clientsMax && oldest !== undefined) {
        clients.delete(oldest[0]);
        leave(oldest[1]);
      }
      return client;
    },
    async close() {
      for (const timer of leaving.values()) clearTimeout(timer);
      await Promise.all([...clients.values(), ...leaving.keys()].map((client) => client.close()));
      clients.clear();
      leaving.clear();
    },
  };
}

function fingerprint({ pullSecrets, tls, proxy, allowsPlainHttp, issued }: RegistryAccess): string {
  const text = JSON.stringify([pullSecrets, tls, proxy?.href, allowsPlainHttp, issued]);
  return createHash('sha256').update(text).digest('hex');
}
