import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type ConnectionSettings, isSocketDirectory } from '../connection-settings.ts';

/** The server at one address, with nothing else to try. */
export function withAddress(
  settings: ConnectionSettings,
  hostaddr: string | undefined,
): ConnectionSettings {
  return { ...settings, hostaddr, others: [], isShuffled: false };
}

/** Each server of the settings by itself, in the order in which they are tried. */
export function serversIn(settings: ConnectionSettings): ConnectionSettings[] {
  const { others = [], isShuffled, login, password } = settings;
  const servers = [settings, ...others].map((server) => ({
    ...settings,
    ...server,
    // A login is the same for all servers; a password of a passfile is of one.
    password: login === undefined ? server.password : password,
    others: [],
  }));
  return isShuffled ? shuffled(servers) : servers;
}

/** Every address of a server, so that all later sessions and programs can go to the one that answered. */
export async function addressesOf(server: ConnectionSettings): Promise<ConnectionSettings[]> {
  const { host, hostaddr, isShuffled } = server;
  if (hostaddr !== undefined) return [withAddress(server, hostaddr)];
  if (isSocketDirectory(host)) return [withAddress(server, undefined)];
  if (isIP(host) !== 0) return [withAddress(server, host)];
  const found = await lookup(host, { all: true, order: 'verbatim' });
  const addresses = found.map(({ address }) => withAddress(server, address));
  return isShuffled ? shuffled(addresses) : addresses;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
