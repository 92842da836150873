import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { RegistryConfigurationError } from './errors.ts';

/** The environment as an argument: the names are upper case or lower case, an empty value counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy a request to `url` goes through, or undefined where it goes directly. Follows Go's
 * `httpproxy` to the letter, so that Holdfast takes the way that crane, skopeo and the kubelet take:
 * upper-case names win, loopback hosts are never proxied, a value without scheme is an HTTP proxy.
 * Beyond Go, `ALL_PROXY` stands in where the scheme's own variable is unset, as in curl.
 *
 * @throws RegistryConfigurationError `PROXY_INVALID`; Go goes directly there, and fails far from the cause
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const names = proxyNames[url.protocol];
  if (names === undefined || isExempt(url, readVariable(env, ['NO_PROXY', 'no_proxy']).value)) {
    return undefined;
  }
  const { name, value } = readVariable(env, [...names, 'ALL_PROXY', 'all_proxy']);
  if (value === '') return undefined;
  if (url.protocol === 'http:' && readVariable(env, ['REQUEST_METHOD']).value !== '') {
    // A CGI server puts the request's `Proxy:` header into HTTP_PROXY: anybody could choose the proxy.
    throw new RegistryConfigurationError('PROXY_INVALID', `${name} is not used under a CGI server`, {
      hint: 'unset REQUEST_METHOD if this is no CGI server',
    });
  }
  return parseProxy(name, value);
}

const proxyNames: Readonly<Record<string, readonly string[]>> = {
  'http:': ['HTTP_PROXY', 'http_proxy'],
  'https:': ['HTTPS_PROXY', 'https_proxy'],
};

function readVariable(env: Environment, names: readonly string[]): { name: string; value: string } {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') return { name, value };
  }
  return { name: '', value: '' };
}

function parseProxy(name: string, value: string): URL {
  const text = value.trim();
  const written = URL.canParse(text) ? new URL(text) : undefined;
  if (written !== undefined && written.host !== '') return written;
  // `proxy:3128` parses as a URL of the scheme `proxy:` without a host: it is a host and a port.
  if (!text.includes('://') && URL.canParse(`http://${text}`)) return new URL(`http://${text}`);
  // The value may hold a password: it is never shown.
  throw new RegistryConfigurationError('PROXY_INVALID', `${name} is not the URL of a proxy`, {
    hint: `write ${name}=http://HOST:PORT`,
  });
}

/** Whether `NO_PROXY`, or being a loopback host, sends this request directly. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = isIP(host) === 0 ? undefined : host;
  if (host === 'localhost' || (address !== undefined && contains(loopback, address))) return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy.split(',').some((entry) => matchesEntry(entry.trim().toLowerCase(), host, port, address));
}

function matchesEntry(entry: string, host: string, port: string, address: string | undefined): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const network = parseNetwork(entry);
  if (network !== undefined) return address !== undefined && network(address);
  const { host: entryHost, port: entryPort } = splitHostPort(entry);
  if (entryHost === '') return false;
  const matchesHost =
    address === undefined ? matchesDomain(entryHost, host) : matchesAddress(entryHost, address);
  return matchesHost && (entryPort === '' || entryPort === port);
}

/** `example.com` matches itself and what is below it; `.example.com` and `*.example.com` only what is below. */
function matchesDomain(entry: string, host: string): boolean {
  const withoutStar = entry.startsWith('*.') ? entry.slice(1) : entry;
  const withDot = withoutStar.startsWith('.') ? withoutStar : `.${withoutStar}`;
  const suffix = /^[\0-\x7f]*$/.test(withDot) ? withDot : domainToASCII(withDot) || withDot;
  return host.endsWith(suffix) || (withDot !== withoutStar && host === suffix.slice(1));
}

function matchesAddress(entry: string, address: string): boolean {
  return isIP(entry) !== 0 && contains(addressList(entry), address);
}

function parseNetwork(entry: string): ((address: string) => boolean) | undefined {
  const [, network = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(network);
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  // A BlockList finds every IPv4 address in `::/0`; Go finds it only where the prefix reaches `::ffff:`.
  const holdsIpv4 = family === 4 || Number(prefix) >= 96;
  return (address) => (holdsIpv4 || !contains(anyIpv4, address)) && contains(list, address);
}

function addressList(...addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const address of addresses) list.addAddress(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return list;
}

/** A BlockList also finds an IPv4 address written as IPv6 (`::ffff:10.0.0.1`). */
function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

const anyIpv4 = new BlockList();
anyIpv4.addSubnet('0.0.0.0', 0, 'ipv4');

const loopback = addressList('::1');
loopback.addSubnet('127.0.0.0', 8, 'ipv4');

/** As Go's `net.SplitHostPort`: what has no port, or more than one colon outside brackets, is all host. */
function splitHostPort(entry: string): { host: string; port: string } {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(entry);
  if (match === null) return { host: entry, port: '' };
  return { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}
