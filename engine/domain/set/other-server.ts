import type { ManifestSource } from '../manifest.ts';

/** The server that a set came from. A new server, also one made by pg_upgrade, has another identifier. */
export type SourceServer = Pick<ManifestSource, 'systemIdentifier' | 'address'>;

export interface EarlierSource {
  id: string;
  server: SourceServer;
}

/** A clause where a set came from another server than an earlier set of its database; else null. */
export function describeOtherServer(server: SourceServer, earlier: EarlierSource): string | null {
  if (server.systemIdentifier === earlier.server.systemIdentifier) return null;
  return `it came from ${describeServer(server)}, the set before it, ${earlier.id}, from ${describeServer(earlier.server)}`;
}

/** The address alone does not tell two servers apart: both may be called localhost. */
export function describeServer({ address, systemIdentifier }: SourceServer): string {
  return `the server at ${address} (system identifier ${systemIdentifier})`;
}

/** What to do about sets of one database that came from several servers. */
export function adviceOnServers(database: string): string {
  return [
    `If ${database} was moved to a new server, nothing is to be done.`,
    `If two servers have a database of this name, give one of the two another name in the config, or a repository of its own:`,
    `${database}/latest means the newest set, whichever server it came from.`,
  ].join(' ');
}
