import { APPLICATION_NAME } from '../../contract.ts';
import type { StandingRun } from '../../domain/standing-run.ts';
import type { Session } from '../session.ts';

/** An advisory lock of the current database, as the arguments of its functions. */
export interface AdvisoryLock {
  arguments: string;
  values: readonly unknown[];
  /** As pg_locks shows it. */
  condition: string;
}

interface Row extends Record<string, unknown> {
  pid: number;
  role: string | null;
  application: string | null;
  address: string | null;
  started: string | null;
  silent: number | null;
  working: boolean | null;
}

/** Who holds the lock, if anybody still does. */
export async function findStandingRun(
  session: Session,
  { condition, values }: AdvisoryLock,
): Promise<StandingRun | undefined> {
  const [row] = await session.query<Row>(
    `SELECT l.pid, a.usename AS role, a.application_name AS application,
            pg_catalog.host(a.client_addr) AS address, pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started,
            EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - GREATEST(a.state_change, a.query_start))::float8 AS silent,
            a.state = 'active' AND COALESCE(a.wait_event_type, '') <> 'Client' AS working
     FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND ${condition}
       AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`,
    values,
  );
  if (row === undefined) return undefined;
  return {
    pid: row.pid,
    role: row.role ?? 'an unknown role',
    applicationName: row.application ?? 'an unknown session',
    address: row.address,
    startedAt: row.started === null ? null : new Date(row.started),
    silentSeconds: row.silent,
    isWorking: row.working ?? true,
  };
}

/** Asks the server to end every session of the run. A role may end its own sessions only. */
export async function endStandingRun(
  session: Session,
  { applicationName, role }: StandingRun,
): Promise<void> {
  if (!applicationName.startsWith(`${APPLICATION_NAME} `)) return;
  await session.query(
    `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
     WHERE application_name = $1 AND usename = $2 AND pid <> pg_catalog.pg_backend_pid()`,
    [applicationName, role],
  );
}
