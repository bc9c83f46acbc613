import { type Setting, VALUE_SETTINGS } from '../../domain/restore/value-settings.ts';
import { isHoldfastError } from '../../errors.ts';
import { type Session, sqlStateOf } from '../session.ts';
import { quoteLiteral } from './quote-literal.ts';

/**
 * What the server itself sets of the settings that values depend on. What this database, this role
 * or the connection sets hides the value of the server, so it is left out: settings of the database
 * stand in the archive.
 */
export async function readServerSettings(session: Session): Promise<Setting[]> {
  const rows = await session.query<{ name: string; value: string | null }>(
    `WITH hidden AS (
       SELECT pg_catalog.lower(pg_catalog.split_part(entry, '=', 1)) AS name
       FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) entry
       WHERE (s.setdatabase, s.setrole) <> (0, 0)
         AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database
                                   WHERE datname = pg_catalog.current_database()))
         AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user)))
     SELECT wanted.name,
            CASE WHEN p.name IS NULL THEN pg_catalog.current_setting(wanted.name, true)
                 ELSE p.reset_val END AS value
     FROM pg_catalog.unnest($1::pg_catalog.text[]) wanted (name)
     LEFT JOIN pg_catalog.pg_settings p ON p.name = wanted.name
     WHERE pg_catalog.lower(wanted.name) NOT IN (SELECT name FROM hidden)`,
    [VALUE_SETTINGS],
  );
  const ofConnection = session.settings.options?.toLowerCase() ?? '';
  return rows.flatMap(({ name, value }) =>
    value === null || ofConnection.includes(name.toLowerCase()) ? [] : [{ name, value }],
  );
}

/**
 * Makes the settings of another server those of all sessions that begin from now on, below what a
 * database or a role sets. @returns the names of those that this server doesn't take.
 */
export async function applyServerSettings(
  superuser: Session,
  settings: readonly Setting[],
): Promise<string[]> {
  const refused: string[] = [];
  for (const { name, value } of settings.filter(isKnown)) {
    const statement = `ALTER ROLE ALL SET ${name} = ${quoteLiteral(value)}`;
    await superuser.query(statement).catch((error: unknown) => {
      if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
      refused.push(name);
    });
  }
  return refused;
}

function isKnown({ name }: Setting): boolean {
  return VALUE_SETTINGS.some((known) => known === name);
}
