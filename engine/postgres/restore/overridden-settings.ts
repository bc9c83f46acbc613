import { ownValue } from '../../domain/text/own-value.ts';
import { serverOption, withServerOptions } from '../connection/server-options.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import type { Session } from '../session.ts';

/** What would stop a restore or send it elsewhere, and the value that it runs with instead. */
const OF_DATABASE: Readonly<Record<string, string>> = {
  default_tablespace: '',
  default_transaction_deferrable: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  exit_on_error: 'off',
  lc_messages: 'C',
  local_preload_libraries: '',
  restrict_nonsystem_relation_kind: '',
  session_preload_libraries: '',
  session_replication_role: 'origin',
  temp_file_limit: '-1',
  temp_tablespaces: '',
};
const OF_DATABASE_OR_ROLE: Readonly<Record<string, string>> = {
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  lock_timeout: '0',
  statement_timeout: '0',
  transaction_timeout: '0',
};

/** pg_settings has no row for `role`. */
type SettingRow = { name: string; isOfDatabase: boolean };

/**
 * How to connect to a database for a restore: settings of the database that would stop or redirect
 * it stay as they are, and don't count in these sessions. A setting of the role alone is that
 * role's wish and stays in force, but for time-outs.
 */
export async function withoutObstacles(
  anySession: Session,
  settings: ConnectionSettings,
): Promise<ConnectionSettings> {
  const rows = await anySession.query<SettingRow>(
    `SELECT COALESCE(p.name, 'role') AS name,
            pg_catalog.bool_or(s.setdatabase <> 0) AS "isOfDatabase"
     FROM pg_catalog.pg_db_role_setting s
     LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
     CROSS JOIN pg_catalog.unnest(s.setconfig) entry
     LEFT JOIN pg_catalog.pg_settings p
       ON pg_catalog.lower(p.name) = pg_catalog.lower(pg_catalog.split_part(entry, '=', 1))
     WHERE (s.setdatabase = 0 OR d.datname = $1)
       AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
       AND (p.context = 'user' OR entry LIKE 'role=%' OR p.context = 'superuser'
            AND (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user))
     GROUP BY 1 ORDER BY 1`,
    [settings.database],
  );
  const { role } = await anySession.queryOne<{ role: string }>(
    "SELECT pg_catalog.current_setting('role') AS role",
  );
  const overrides = rows.flatMap(({ name, isOfDatabase }) => {
    const ofDatabase = name === 'role' ? role : ownValue(OF_DATABASE, name);
    const value = ownValue(OF_DATABASE_OR_ROLE, name) ?? (isOfDatabase ? ofDatabase : undefined);
    return value === undefined ? [] : [serverOption(name, value)];
  });
  return withServerOptions(settings, overrides);
}
