import { quoteTable } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { findLockHolder } from './lock-holders.ts';
import { isSameRelations, listRelations, type Relation } from './relations.ts';
import { type Session, sqlStateOf } from './session.ts';

export interface Snapshot {
  /** What SET TRANSACTION SNAPSHOT and pg_dump --snapshot take. */
  id: string;
  lsn: string;
  takenAt: Date;
  relations: Relation[];
}

export interface SnapshotOptions {
  lockWaitTimeoutSeconds: number;
}

const ATTEMPTS = 5;
const TABLES_A_STATEMENT = 500;

/**
 * Locks every table against DDL, and only then exports a snapshot: one that is older than the locks sees a table that was
 * rewritten or truncated in between as empty, and everything downstream would agree on 0 rows.
 * @throws HoldfastError LOCK_TIMEOUT, SCHEMA_MOVING (both passing).
 */
export async function holdSnapshot(holder: Session, options: SnapshotOptions): Promise<Snapshot> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const snapshot = await trySnapshot(holder, options).catch(async (error: unknown) => {
      throw await lockFailure(error, { holder, ...options });
    });
    if (snapshot !== undefined) return snapshot;
    await holder.query('ROLLBACK');
  }
  throw new HoldfastError({
    code: 'SCHEMA_MOVING',
    message: `tables were made or dropped in each of ${ATTEMPTS} attempts to take a snapshot`,
    hint: 'Run it again when the migration is over.',
    retryable: true,
  });
}

/** Undefined when tables were made, dropped or renamed meanwhile. */
async function trySnapshot(
  holder: Session,
  { lockWaitTimeoutSeconds }: SnapshotOptions,
): Promise<Snapshot | undefined> {
  const before = await listRelations(holder, { withSizes: false });
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await holder.query(
    `SET LOCAL lock_timeout = '${Math.max(1, Math.round(lockWaitTimeoutSeconds * 1000))}ms'`,
  );
  if (!(await tryLockTables(holder, before))) return undefined;
  const snapshot = await exportSnapshot(holder);
  await holder.query('SET LOCAL lock_timeout = 0');
  return isSameRelations(before, snapshot.relations) ? snapshot : undefined;
}

/** False when a table was gone before its lock, or a migration and we waited for each other. */
async function tryLockTables(holder: Session, relations: readonly Relation[]): Promise<boolean> {
  try {
    for (let start = 0; start < relations.length; start += TABLES_A_STATEMENT) {
      const tables = relations
        .slice(start, start + TABLES_A_STATEMENT)
        .map((table) => `ONLY ${quoteTable(table)}`);
      await holder.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS SHARE MODE`);
    }
    return true;
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === '42P01' || state === '3F000' || state === '40P01') return false;
    throw error;
  }
}

async function lockFailure(
  error: unknown,
  { holder, lockWaitTimeoutSeconds }: SnapshotOptions & { holder: Session },
): Promise<unknown> {
  const state = sqlStateOf(error);
  if (state === '55P03') {
    const found = await holder
      .query('ROLLBACK')
      .then(() => findLockHolder(holder))
      .catch(() => undefined);
    const within = `could not be locked for reading within ${lockWaitTimeoutSeconds} s`;
    return new HoldfastError({
      code: 'LOCK_TIMEOUT',
      message:
        found === undefined ? `a table ${within}` : `table ${found.table} ${within}: ${found.what}`,
      hint:
        found?.hint ??
        'A migration or a maintenance statement (ALTER, TRUNCATE, VACUUM FULL, REINDEX) held it. Run it again, or raise lockWaitTimeout.',
      retryable: true,
      cause: error,
    });
  }
  if (state === '53200') {
    return new HoldfastError({
      code: 'LOCK_TIMEOUT',
      message: 'the server has no room for a lock on every table',
      hint: 'Raise max_locks_per_transaction on the server, and restart it.',
      cause: error,
    });
  }
  return error;
}

async function exportSnapshot(holder: Session): Promise<Snapshot> {
  const row = await holder.queryOne<{ id: string; lsn: string; at: string }>(`
    SELECT pg_catalog.pg_export_snapshot() AS id,
           CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END::text AS lsn,
           pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`);
  return {
    id: row.id,
    lsn: row.lsn,
    takenAt: new Date(row.at),
    relations: await listRelations(holder),
  };
}
