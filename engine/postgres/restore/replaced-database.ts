import type { Session } from '../session.ts';

/** What holds on to a database that is to be replaced. */
export interface Ties {
  /** Sessions of clients and of consumers of its replication slots, by what they call themselves. */
  sessions: string[];
  preparedTransactions: string[];
  slots: string[];
  subscriptions: string[];
}

/** Looks from another database of the server. */
export async function readTies(maintenance: Session, name: string): Promise<Ties> {
  const names = async (query: string) =>
    (await maintenance.query<{ name: string }>(query, [name])).map((row) => row.name);
  return {
    sessions: await names(
      `SELECT COALESCE(NULLIF(application_name, ''), backend_type, 'unknown') || ' of ' || usename AS name
       FROM pg_catalog.pg_stat_activity
       WHERE datname = $1 AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
         AND COALESCE(backend_type, 'client backend') IN ('client backend', 'walsender')
       ORDER BY 1`,
    ),
    preparedTransactions: await names(
      'SELECT gid AS name FROM pg_catalog.pg_prepared_xacts WHERE database = $1 ORDER BY prepared',
    ),
    slots: await names(
      'SELECT slot_name AS name FROM pg_catalog.pg_replication_slots WHERE database = $1 ORDER BY 1',
    ),
    subscriptions: await names(
      `SELECT s.subname AS name FROM pg_catalog.pg_subscription s
       JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
       WHERE d.datname = $1 AND s.subenabled ORDER BY 1`,
    ),
  };
}
