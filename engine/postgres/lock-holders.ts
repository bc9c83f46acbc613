import { quoteTable } from '../domain/table-name.ts';
import { USER_SCHEMA } from './relations.ts';
import { quoteLiteral } from './restore/quote-literal.ts';
import type { Session } from './session.ts';

/** Who keeps a table from being read, and what ends that. */
export interface LockHolder {
  table: string;
  /** As a fact: `prepared transaction 'xa9' holds it`. */
  what: string;
  /** How it ends. */
  hint: string;
}

interface Row extends Record<string, unknown> {
  schema: string;
  name: string;
  granted: boolean;
  pid: number | null;
  role: string | null;
  state: string | null;
  gid: string | null;
  owner: string | null;
  since: string | null;
}

/** Only ACCESS EXCLUSIVE keeps a reader out: held, or asked for by one that waits before us. */
const HOLDERS = `
  SELECT n.nspname AS schema, c.relname AS name, l.granted, l.pid, a.usename AS role, a.state,
         p.gid, p.owner, pg_catalog.to_char(COALESCE(p.prepared, a.xact_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') AS since
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  LEFT JOIN pg_catalog.pg_locks t ON l.pid IS NULL AND t.pid IS NULL
    AND t.locktype = 'transactionid' AND t.virtualtransaction = l.virtualtransaction
  LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = t.transactionid
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND c.relkind IN ('r', 'p') AND ${USER_SCHEMA}
  ORDER BY l.granted DESC, l.pid NULLS FIRST, 1, 2 LIMIT 1`;

/** The first of them, if it is still there. */
export async function findLockHolder(session: Session): Promise<LockHolder | undefined> {
  const [row] = await session.query<Row>(HOLDERS);
  if (row === undefined) return undefined;
  const since = row.since === null ? '' : ` since ${row.since}`;
  const table = quoteTable(row);
  if (row.pid === null) {
    const gid = quoteLiteral(row.gid ?? '');
    return {
      table,
      what: `prepared transaction ${gid} of ${row.owner ?? 'an unknown role'} holds it${since}, not a session`,
      hint: `If nobody will finish it, run ROLLBACK PREPARED ${gid}; in this database, as its owner or a superuser.`,
    };
  }
  const verb = row.granted ? 'holds it' : 'waits for it before this backup';
  const state = row.state === null ? '' : ` (${row.state})`;
  return {
    table,
    what: `session ${row.pid} of ${row.role ?? 'an unknown role'}${state} ${verb}${since}`,
    hint: `It is a migration or a maintenance statement (ALTER, TRUNCATE, VACUUM FULL, REINDEX). Run the backup again afterwards, raise lockWaitTimeout, or end that session with SELECT pg_terminate_backend(${row.pid}).`,
  };
}
