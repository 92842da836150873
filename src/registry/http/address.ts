import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/**
 * How far inside an address lies: 0 public, 1 private network, 2 link-local (where clouds keep their
 * metadata and its credentials), 3 this machine. A host may name another only as far inside as itself.
 */
export type AddressRank = 0 | 1 | 2 | 3;

/** Source: RFC 1918, 6598, 4193, 3927, 4291, 1122. `0.0.0.0` and `::` reach this machine. */
const networks: readonly (readonly [rank: AddressRank, list: BlockList])[] = [
  [3, blockList(['127.0.0.0', 8], ['0.0.0.0', 8], ['::1', 128], ['::', 128])],
  [2, blockList(['169.254.0.0', 16], ['fe80::', 10])],
  [1, blockList(['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['fc00::', 7])],
];

export function addressRank(address: string): AddressRank {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  // A BlockList also finds an IPv4 address written as IPv6 (`::ffff:10.0.0.1`).
  return networks.find(([, list]) => list.check(address, family))?.[0] ?? 0;
}

/** The rank that a host's text alone tells: a literal address, or a name reserved for this machine. */
export function writtenRank(hostname: string): AddressRank | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) return addressRank(host);
  return host === 'localhost' || host.endsWith('.localhost') ? 3 : undefined;
}

/** Thrown into a connection whose host has only addresses further inside than it may. */
export class InnerAddressError extends Error {
  override readonly name = 'InnerAddressError';
  readonly code = 'INNER_ADDRESS';
}

type LookupCallback = (error: Error | null, addresses: LookupAddress[]) => void;

/**
 * A `lookup` for sockets that hands out only addresses of at most this rank. Checking here and not before
 * leaves no gap in which a name could change its address. `seen` is told the rank of what was handed out.
 */
export function guardedLookup(rankMax: AddressRank, seen: (hostname: string, rank: AddressRank) => void) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter((entry) => addressRank(entry.address) <= rankMax);
      if (allowed.length === 0) {
        return callback(new InnerAddressError(`${hostname} has only addresses of an inner network`), []);
      }
      const ranks = allowed.map((entry) => addressRank(entry.address));
      seen(
        hostname,
        ranks.reduce((most, rank) => (rank > most ? rank : most)),
      );
      return callback(null, allowed);
    });
  };
}

function blockList(...subnets: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of subnets) {
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
