import type { DatabaseConfig } from '../config/database-schema.ts';
import { databasesOf } from '../config/plan-scope.ts';
import type { SnapshotPlanConfig } from '../config/snapshot-plan-schema.ts';
import { isSameServer, type RdsServer } from './snapshot.ts';

/** A server of a plan, with the plan's databases on it. */
export interface PlanServer extends RdsServer {
  databases: string[];
}

/** A managed policy may have 6,144 characters; the ARN of a server has 120 at most, in its quotes. */
const SERVERS_A_POLICY = 48;
/** A role takes ten policies, of which that of rds-snapshot has two for all else. */
export const MOST_SERVER_POLICIES = 8;

interface ServerConfig {
  snapshotPlans: Readonly<Record<string, Pick<SnapshotPlanConfig, 'databases'>>>;
  databases: Readonly<Record<string, Pick<DatabaseConfig, 'rds'>>>;
}

/** The servers of all snapshot plans, each once. */
export function allServers({ snapshotPlans, databases }: ServerConfig): PlanServer[] {
  const named = new Set(
    Object.values(snapshotPlans).flatMap((plan) => databasesOf(plan, databases)),
  );
  return serversOf({ databases: [...named] }, databases);
}

/** As few lists as policies can hold: servers of one kind in each, as they are taken snapshots of with calls of their own. */
export function inServerPolicies<Server extends RdsServer>(
  servers: readonly Server[],
): { kind: RdsServer['kind']; servers: Server[] }[] {
  return (['instance', 'cluster'] as const).flatMap((kind) => {
    const ofKind = servers.filter((one) => one.kind === kind);
    const count = Math.ceil(ofKind.length / SERVERS_A_POLICY);
    return Array.from({ length: count }, (_, index) => ({
      kind,
      servers: ofKind.slice(index * SERVERS_A_POLICY, (index + 1) * SERVERS_A_POLICY),
    }));
  });
}

/** The servers of a snapshot plan, each once: databases on one server are in one snapshot. */
export function serversOf(
  plan: Pick<SnapshotPlanConfig, 'databases'>,
  databases: Readonly<Record<string, Pick<DatabaseConfig, 'rds'>>>,
): PlanServer[] {
  const servers: PlanServer[] = [];
  for (const database of databasesOf(plan, databases)) {
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
  return rds?.cluster === undefined
    ? undefined
    : { kind: 'cluster', id: rds.cluster.toLowerCase() };
}
