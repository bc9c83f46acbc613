import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { HoldfastError } from '../../errors.ts';
import type { Parameters } from './gather-parameters.ts';

/** One of the servers that a connection may reach. */
export interface ServerAddress {
  /** Name, address or socket directory; also what a certificate and a passfile are checked for. */
  host: string;
  /** The address to connect to, instead of looking up the host. */
  hostaddr: string | undefined;
  port: number;
}

const DEFAULT_PORT = '5432';

/**
 * The servers that host, hostaddr and port name, in their order (PostgreSQL documentation,
 * "Specifying Multiple Hosts"): lists of one length, or one port for all.
 * @throws HoldfastError CONFIG_INVALID.
 */
export function serversOf({ host = '', hostaddr = '', port = '' }: Parameters): ServerAddress[] {
  const hosts = host.split(',');
  const addresses = hostaddr === '' ? [] : hostaddr.split(',');
  const ports = port.split(',');
  const count = addresses.length === 0 ? hosts.length : addresses.length;
  if (addresses.length > 0 && host !== '' && hosts.length !== addresses.length)
    throw uneven(`${hosts.length} hosts`, `${addresses.length} hostaddr values`);
  if (ports.length > 1 && ports.length !== count)
    throw uneven(`${ports.length} ports`, `${count} hosts`);
  return Array.from({ length: count }, (_, index) => {
    const address = addresses[index] || undefined;
    if (address !== undefined && isIP(withoutZone(address)) === 0) throw notAnAddress(address);
    const own = portOf((ports.length === 1 ? ports[0] : ports[index]) || DEFAULT_PORT);
    const name = hosts[index] || address || defaultHost(own);
    if (name.startsWith('@')) throw abstractSocket(name);
    return { host: name, hostaddr: address, port: own };
  });
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

/** The socket that libpq looks for, and else this machine. */
function defaultHost(port: number): string {
  const socket = '/var/run/postgresql';
  return existsSync(`${socket}/.s.PGSQL.${port}`) ? socket : 'localhost';
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\s*\d+\s*$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw invalid(`the port is "${text}"`, 'Give a number from 1 to 65535.');
}

function abstractSocket(name: string): HoldfastError {
  return invalid(
    `host ${name} is a socket in the abstract namespace, which Node.js can not name`,
    'Give the directory of a socket (unix_socket_directories), or a host.',
  );
}

function uneven(one: string, other: string): HoldfastError {
  return invalid(
    `a connection names ${one} and ${other}`,
    'Give as many of each, in the same order, or one port for all hosts.',
  );
}

function notAnAddress(text: string): HoldfastError {
  return invalid(
    `hostaddr is "${text}", which is not an IP address`,
    'Give a numeric address, or put the name into host (PGHOST).',
  );
}

function invalid(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'CONFIG_INVALID', message, hint });
}
