import type { ConnectionSettings } from '../connection-settings.ts';
import { Session } from '../session.ts';

/** What holds on to a database that is to be replaced. */
export interface Ties {
  /** Sessions of clients and of consumers of its replication slots, by what they call themselves. */
  sessions: string[];
  preparedTransactions: string[];
  slots: string[];
  /** With the name of the slot that each uses on its publisher. */
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
      `SELECT s.subname || COALESCE(' (slot ' || s.subslotname || ')', '') AS name
       FROM pg_catalog.pg_subscription s
       JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
       WHERE d.datname = $1 AND s.subenabled ORDER BY 1`,
    ),
  };
}

/**
 * The publications of a database, which only a session in it sees. Undefined where it lets nobody in.
 */
export async function readPublications(
  settings: ConnectionSettings,
  { applicationName }: { applicationName: string },
): Promise<string[] | undefined> {
  const session = await Session.open(settings, { applicationName }).catch(() => undefined);
  if (session === undefined) return undefined;
  try {
    const rows = await session.query<{ name: string }>(
      'SELECT pubname AS name FROM pg_catalog.pg_publication ORDER BY pubname COLLATE "C"',
    );
    return rows.map(({ name }) => name);
  } finally {
    await session.end();
  }
}
