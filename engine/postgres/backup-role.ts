import { USER_SCHEMA } from './relations.ts';
import type { Session } from './session.ts';

/** What a role of its own for backups should be given, once, so that no new table stops a backup. */
export interface BackupRole {
  role: string;
  /** Statements for a superuser; none where the role is one, or owns every table. */
  missing: string[];
}

interface Facts extends Record<string, unknown> {
  role: string;
  name: string;
  database: string;
  power: boolean;
  reader: boolean;
  bypass: boolean;
  owner: boolean;
  policies: boolean;
}

export async function readBackupRole(session: Session): Promise<BackupRole> {
  const facts = await session.queryOne<Facts>(`
    SELECT r.rolname AS role, pg_catalog.quote_ident(r.rolname) AS name, pg_catalog.quote_ident(pg_catalog.current_database()) AS database,
           r.rolsuper AS power, r.rolbypassrls AS bypass, pg_catalog.pg_has_role('pg_read_all_data', 'USAGE') AS reader,
           NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                       WHERE c.relkind IN ('r', 'p', 'S') AND ${USER_SCHEMA} AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')) AS owner,
           EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relrowsecurity AND ${USER_SCHEMA}) AS policies
    FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`);
  const { role, name, database, power, reader, owner, bypass, policies } = facts;
  if (power || (owner && !policies)) return { role, missing: [] };
  const whole: [boolean, string][] = [
    [!reader && !owner, `GRANT CONNECT ON DATABASE ${database} TO ${name};`],
    [!reader && !owner, `GRANT pg_read_all_data TO ${name};`],
    [policies && !bypass, `ALTER ROLE ${name} BYPASSRLS;`],
  ];
  return {
    role,
    missing: whole.filter(([isMissing]) => isMissing).map(([, statement]) => statement),
  };
}
