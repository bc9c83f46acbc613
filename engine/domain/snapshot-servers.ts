import type { DatabaseConfig } from '../config/database-schema.ts';
import { isSameServer, type RdsServer } from './snapshot.ts';

/** A server of a plan, with the plan's databases on it. */
export interface PlanServer extends RdsServer {
  databases: string[];
}

/** The servers of a snapshot plan, each once: databases on one server are in one snapshot. */
export function serversOf(
  { databases: wished }: { databases: 'all' | readonly string[] },
  databases: Readonly<Record<string, Pick<DatabaseConfig, 'rds'>>>,
): PlanServer[] {
  const servers: PlanServer[] = [];
  for (const database of wished === 'all' ? Object.keys(databases) : wished) {
    const server = serverOf(databases[database]?.rds);
    if (server === undefined) continue;
    const known = servers.find((one) => isSameServer(one, server));
    if (known === undefined) servers.push({ ...server, databases: [database] });
    else known.databases.push(database);
  }
  return servers;
}

function serverOf(rds: DatabaseConfig['rds']): RdsServer | undefined {
  if (rds?.instance !== undefined) return { kind: 'instance', id: rds.instance.toLowerCase() };
  return rds?.cluster === undefined ? undefined : { kind: 'cluster', id: rds.cluster.toLowerCase() };
}
