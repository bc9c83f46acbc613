import type pg from 'pg';
import { withDeadline } from '../../deadline.ts';
import type { Blocker, LockWait } from '../../domain/connection/lock-wait.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { closeClient, connect } from '../connect.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { STALL_TIMEOUT_SECONDS } from './dead-network.ts';
import type { Look, WatchedWork } from './stall-watch.ts';

/** Which sessions are ours: one, or all that a program opens. */
export type Watched = { pid: number } | { applicationName: string };

const OBSERVER = 'holdfast watch';
/** A server that lives answers within that. */
const LOOK_SECONDS = 15;

const SESSIONS = `
  SELECT a.pid, a.state = 'active' AND a.wait_event_type IS DISTINCT FROM 'Client' AS working,
    a.state_change > pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $3) AS recent
  FROM pg_catalog.pg_stat_activity a
  WHERE (a.pid = $1 OR a.application_name = $2) AND a.pid <> pg_catalog.pg_backend_pid()`;

/** The wait that began first. A prepared transaction blocks as pid 0. Never the query's text, which has values. */
const WAITS = `
  SELECT w.pid, w.waitstart AS "waitsSince", w.relation, b.pid AS blocker, o.usename AS role,
    o.application_name AS "applicationName", o.state, o.xact_start AS since
  FROM (SELECT l.pid, l.waitstart, CASE WHEN l.database = d.oid THEN l.relation::pg_catalog.regclass::text END AS relation
        FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
        WHERE NOT l.granted AND l.pid = ANY ($1) ORDER BY l.waitstart NULLS LAST LIMIT 1) w
  CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b(pid)
  LEFT JOIN pg_catalog.pg_stat_activity o ON o.pid = b.pid
  WHERE NOT b.pid = ANY ($1)`;

interface SessionRow {
  pid: number;
  working: boolean | null;
  recent: boolean | null;
}

interface WaitRow extends Blocker {
  waitsSince: Date | null;
  relation: string | null;
  blocker: number;
}

export function stallTimeoutOf({ watch }: ConnectionSettings): number {
  return watch?.stallTimeoutSeconds ?? STALL_TIMEOUT_SECONDS;
}

/** How sessions of ours on a server are watched, by a second one. */
export function watchOnServer(
  settings: ConnectionSettings,
  which: Watched,
): Pick<WatchedWork, 'timeoutSeconds' | 'look' | 'onLockWait' | 'stalled'> {
  const timeoutSeconds = stallTimeoutOf(settings);
  return {
    timeoutSeconds,
    look: () => lookAt(settings, { which, timeoutSeconds }),
    onLockWait: settings.watch?.onLockWait,
    stalled: () => frozen(timeoutSeconds),
  };
}

/**
 * What a second session sees. One that is not let in saw nothing: the server answers, so the network
 * lives, and the time-outs of TCP are left for a connection that died by itself.
 */
async function lookAt(
  settings: ConnectionSettings,
  { which, timeoutSeconds }: { which: Watched; timeoutSeconds: number },
): Promise<Look> {
  const seconds = Math.min(LOOK_SECONDS, timeoutSeconds);
  const late = () => new Error('no answer in time');
  try {
    const { client } = await withDeadline(
      connect({ ...settings, connectTimeoutSeconds: seconds }, OBSERVER),
      { seconds, late },
    );
    const looking = withDeadline(look(client, { which, timeoutSeconds }), { seconds, late });
    return await looking.finally(() => closeClient(client));
  } catch (error) {
    return { isWorking: isRefusal(error) };
  }
}

function isRefusal(error: unknown): boolean {
  const cause = isHoldfastError(error) ? error.cause : error;
  return /^[0-9FHPX][0-9A-Z]{4}$/.test(
    String((cause as { code?: unknown } | undefined)?.code ?? ''),
  );
}

async function look(
  client: pg.Client,
  { which, timeoutSeconds }: { which: Watched; timeoutSeconds: number },
): Promise<Look> {
  // Only the role that logged in sees what its sessions do.
  await client.query("SET ROLE NONE; SET DateStyle = 'ISO'; SET search_path = ''");
  const { pid = null, applicationName = null } = which as {
    pid?: number;
    applicationName?: string;
  };
  const { rows: sessions } = await client.query<SessionRow>(SESSIONS, [
    pid,
    applicationName,
    timeoutSeconds,
  ]);
  const isWorking = sessions.some(({ working, recent }) => working === true || recent === true);
  const pids = sessions.map((session) => session.pid);
  const { rows: waits } = await client.query<WaitRow>(WAITS, [pids]);
  return { isWorking, lockWait: lockWaitIn(waits) };
}

function lockWaitIn(rows: readonly WaitRow[]): LockWait | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const blockers = rows.map(({ blocker, role, applicationName, state, since }) => ({
    ...{ pid: blocker === 0 ? null : blocker, role, applicationName, state, since },
  }));
  return { relation: first.relation, waitsSince: first.waitsSince, blockers };
}

export function frozen(seconds: number): HoldfastError {
  return new HoldfastError({
    code: 'CONNECTION_FROZEN',
    message: `the connection to the server stood still for ${seconds} s`,
    hint: 'Look at the network, firewall or proxy in between, and run the command again. stallTimeout of the plan sets how long a connection may stand still.',
    retryable: true,
  });
}
