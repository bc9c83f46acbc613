import { quoteIdentifier } from '../../domain/table-name.ts';
import { HoldfastError } from '../../errors.ts';
import type { Session } from '../session.ts';

/** Three sessions of its own, pg_dumpall, and a pg_dump each for the schema and the rows. */
export const CONNECTIONS_OF_A_BACKUP = 6;

/** A set of definitions or rows alone takes one pg_dump less. */
export function connectionsOf({ contents }: { contents: 'all' | 'schema' | 'data' }): number {
  return contents === 'all' ? CONNECTIONS_OF_A_BACKUP : CONNECTIONS_OF_A_BACKUP - 1;
}

/** One limit on the connections of a run, and how many of them are free for it. */
export interface ConnectionLimit {
  /** What it is a limit of, such as `role "bk"`. */
  of: string;
  kind: 'role' | 'database' | 'server';
  limit: number;
  /** Free now, those of this session included. */
  free: number;
  /** The statement that raises it. */
  fix: string;
}

interface Row extends Record<string, unknown> {
  role: string;
  database: string;
  superuser: boolean;
  rolelimit: number;
  databaselimit: number;
  serverlimit: number;
  ofrole: string;
  ofdatabase: string;
  ofserver: string;
}

/**
 * No limit of a role or a database applies to a superuser, who may also use the reserved
 * connections. Workers and WAL senders have limits of their own. Others see no type of a backend.
 */
const LIMITS = `
  SELECT r.rolname AS role, d.datname AS database, r.rolsuper AS superuser,
         r.rolconnlimit AS rolelimit, d.datconnlimit AS databaselimit,
         pg_catalog.current_setting('max_connections')::int - CASE WHEN r.rolsuper THEN 0 ELSE
           pg_catalog.current_setting('superuser_reserved_connections')::int
           + COALESCE(pg_catalog.current_setting('reserved_connections', true)::int, 0) END AS serverlimit,
         (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid) AS ofrole,
         (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid) AS ofdatabase,
         (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid IS NOT NULL
           AND COALESCE(backend_type, 'client backend') = 'client backend') AS ofserver
  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
  WHERE r.rolname = SESSION_USER AND d.datname = pg_catalog.current_database()`;

/** Every limit that holds for this session, the tightest first. */
export async function readConnectionLimits(
  session: Session,
  wanted = CONNECTIONS_OF_A_BACKUP,
): Promise<ConnectionLimit[]> {
  const row = await session.queryOne<Row>(LIMITS);
  const own = 1;
  const limitOf = (
    [kind, of]: [ConnectionLimit['kind'], string],
    limit: number,
    [used, fix]: [string, string],
  ): ConnectionLimit => ({
    ...{ kind, of, limit },
    free: limit - Number(used) + own,
    fix,
  });
  const role = limitOf(['role', `role "${row.role}"`], row.rolelimit, [
    row.ofrole,
    `ALTER ROLE ${quoteIdentifier(row.role)} CONNECTION LIMIT ${wanted};`,
  ]);
  const database = limitOf(['database', `database "${row.database}"`], row.databaselimit, [
    row.ofdatabase,
    `ALTER DATABASE ${quoteIdentifier(row.database)} CONNECTION LIMIT -1;`,
  ]);
  const server = limitOf(['server', 'the server'], row.serverlimit, [
    row.ofserver,
    'ALTER SYSTEM SET max_connections = 100; -- and restart the server',
  ]);
  const ofObjects = [role, database].filter(({ limit }) => !row.superuser && limit >= 0);
  return [...ofObjects, server].sort((one, other) => one.free - other.free);
}

/**
 * A limit that a run can never keep is said before the run begins; what other sessions take may pass.
 * @throws HoldfastError CONNECTION_FAILED.
 */
export async function assertConnectionLimits(
  session: Session,
  needed = CONNECTIONS_OF_A_BACKUP,
): Promise<void> {
  const limits = await readConnectionLimits(session);
  const tooLow = limits.find(({ limit }) => limit < needed);
  if (tooLow !== undefined) throw limitTooLow(tooLow, { run: 'backup', needed });
}

export function limitTooLow(
  { of, limit, fix }: ConnectionLimit,
  { run, needed }: { run: 'backup' | 'restore'; needed: number },
): HoldfastError {
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `this ${run} needs ${needed} connections at once, and ${of} may have ${limit}`,
    hint: `Run as a superuser: ${fix}`,
  });
}
