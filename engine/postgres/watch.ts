import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '../errors.ts';
import { frozen } from './connection/look-at-server.ts';
import type { Session } from './session.ts';

const TICK_MS = 1_000;

export interface WatchOptions {
  /** application_name of our own sessions. */
  applicationName: string;
  giveWayAfterSeconds: number;
  stallTimeoutSeconds: number;
  signal: AbortSignal;
  /** When a byte of the dump last arrived while we were ready for it, in milliseconds of the epoch. */
  lastByteAt: () => number;
}

/**
 * Looks at the server every second while a dump runs. Only ends by throwing, or when the signal fires.
 * @throws HoldfastError GAVE_WAY when sessions of the application waited behind ours for too long: a dump holds ACCESS SHARE locks
 *   to its end, DDL waits behind it, and every query on that table waits behind the DDL; CONNECTION_FROZEN when nothing answers.
 */
export async function watchRun(session: Session, options: WatchOptions): Promise<void> {
  while (!options.signal.aborted) {
    const waited = await answered(longestWait(session, options.applicationName), options);
    if (waited > options.giveWayAfterSeconds) throw gaveWay(waited);
    if (Date.now() - options.lastByteAt() > options.stallTimeoutSeconds * 1000)
      await assertServerIsWorking(session, options);
    await sleep(TICK_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** Seconds that the most patient client session has waited for a lock of ours. A plain role is not told the type of another role's session. */
async function longestWait(session: Session, applicationName: string): Promise<number> {
  const { seconds } = await session.queryOne<{ seconds: number }>(
    `WITH waiting AS MATERIALIZED (
       SELECT l.pid, pg_catalog.min(l.waitstart) AS since FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.pid IS NOT NULL GROUP BY l.pid)
     SELECT COALESCE(pg_catalog.max(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - w.since)), 0)::float8 AS seconds
     FROM waiting w JOIN pg_catalog.pg_stat_activity a USING (pid)
     WHERE a.application_name <> $1 AND COALESCE(a.backend_type, 'client backend') = 'client backend' AND a.usesysid IS NOT NULL
       AND pg_catalog.pg_blocking_pids(w.pid) && ARRAY(SELECT o.pid FROM pg_catalog.pg_stat_activity o WHERE o.application_name = $1)`,
    [applicationName],
  );
  return seconds;
}

/**
 * A server that is busy for us (a scan of dead rows, a large value) sends nothing either; one that waits for us to read is cut off,
 * and so is one that has long sent all it was asked for.
 */
async function assertServerIsWorking(session: Session, options: WatchOptions): Promise<void> {
  const { stuck, lively } = await answered(
    session.queryOne<{ stuck: string; lively: string }>(
      `SELECT pg_catalog.count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Client') AS stuck,
              pg_catalog.count(*) FILTER (WHERE state = 'active' OR state_change > pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)) AS lively
       FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()`,
      [options.applicationName, options.stallTimeoutSeconds],
    ),
    options,
  );
  if (Number(stuck) > 0 || Number(lively) === 0) throw frozen(options.stallTimeoutSeconds);
}

/** The answer of the server, unless it keeps silent for too long or the run is stopped. */
async function answered<T>(
  query: Promise<T>,
  { stallTimeoutSeconds, signal }: WatchOptions,
): Promise<T> {
  query.catch(() => undefined);
  const timer = new AbortController();
  const limit = AbortSignal.any([timer.signal, signal]);
  const silence = sleep(stallTimeoutSeconds * 1000, frozen(stallTimeoutSeconds), {
    signal: limit,
  }).catch(() => signal.reason);
  const failed = silence.then((error) =>
    timer.signal.aborted ? new Promise<never>(() => undefined) : Promise.reject(error),
  );
  try {
    return await Promise.race([query, failed]);
  } finally {
    timer.abort();
  }
}

function gaveWay(seconds: number): HoldfastError {
  return new HoldfastError({
    code: 'GAVE_WAY',
    message: `a session of the application waited ${Math.round(seconds)} s behind the dump, which gave way`,
    hint: 'A migration wants a lock that a dump holds to its end, and queries queue behind it. Run the backup again afterwards, or raise giveWayAfter.',
    retryable: true,
  });
}
