import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './session.ts';

/** How far a standby is behind its primary. */
export interface ReplicaDelay {
  /** 0 where all that the primary wrote is replayed, however long ago that was; null where nobody can tell. */
  seconds: number | null;
  /** Bytes of WAL that it has yet to replay, as far as it or the primary knows. */
  bytes: number;
  isPaused: boolean;
  /** Whether a connection to the primary stands. */
  isStreaming: boolean;
}

export interface DelayOptions {
  /** Where the primary's WAL ends, if it could be asked. */
  primaryLsn: string | undefined;
  /** A delay that need not be measured finer. */
  enoughSeconds: number;
  signal: AbortSignal;
}

/** So long a standby may take to replay what was on its way when we asked. */
const PATIENCE_MS = 5_000;
const TICK_MS = 250;

export async function isInRecovery(session: Session): Promise<boolean> {
  return (
    await session.queryOne<{ recovering: boolean }>(
      'SELECT pg_catalog.pg_is_in_recovery() AS recovering',
    )
  ).recovering;
}

/** Where the WAL of a primary ends; undefined where the server is a standby itself. */
export async function readWalEnd(session: Session): Promise<string | undefined> {
  const { lsn } = await session.queryOne<{ lsn: string | null }>(
    'SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_current_wal_lsn() END::text AS lsn',
  );
  return lsn ?? undefined;
}

/**
 * The delay of a standby. The age of the last replayed transaction says too much where the primary was idle before it wrote again, so
 * a standby that looks late is given a moment to catch up with where the WAL ended when we began to look.
 */
export async function measureDelay(session: Session, options: DelayOptions): Promise<ReplicaDelay> {
  const deadline = Date.now() + PATIENCE_MS;
  const { received } = await session.queryOne<{ received: string | null }>(
    'SELECT pg_catalog.pg_last_wal_receive_lsn()::text AS received',
  );
  for (;;) {
    const delay = await look(session, { received, primaryLsn: options.primaryLsn ?? null });
    const isEnough = delay.seconds !== null && delay.seconds <= options.enoughSeconds;
    if (isEnough || Date.now() >= deadline) return delay;
    await sleep(TICK_MS, undefined, { signal: options.signal }).catch(() =>
      options.signal.throwIfAborted(),
    );
  }
}

interface Target {
  received: string | null;
  primaryLsn: string | null;
}

interface Glance extends Record<string, unknown> {
  bytes: string;
  age: number | null;
  paused: boolean;
  streaming: boolean;
}

async function look(session: Session, { received, primaryLsn }: Target): Promise<ReplicaDelay> {
  const { bytes, age, paused, streaming } = await session.queryOne<Glance>(
    `SELECT GREATEST(0, pg_catalog.pg_wal_lsn_diff(GREATEST($1::pg_catalog.pg_lsn, $2::pg_catalog.pg_lsn, pg_catalog.pg_last_wal_replay_lsn()), pg_catalog.pg_last_wal_replay_lsn())) AS bytes,
            EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8 AS age,
            pg_catalog.pg_is_wal_replay_paused() AS paused,
            EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver) AS streaming`,
    [received, primaryLsn],
  );
  const knowsEnd = streaming || primaryLsn !== null;
  const isCaughtUp = knowsEnd && Number(bytes) === 0;
  return {
    seconds: isCaughtUp ? 0 : age,
    bytes: Number(bytes),
    isPaused: paused,
    isStreaming: streaming,
  };
}
