import {
  type DatabaseRights,
  joinStatement,
  type MissingRight,
  type ReplaceRights,
  type RoleRights,
} from '../../domain/restore/missing-rights.ts';
import { quoteIdentifier, quoteTable, showTable, type TableName } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

export async function readRoleRights(session: Session): Promise<RoleRights> {
  const hasInheritOption = session.serverVersionNum >= 160_000;
  const inheritsAll = hasInheritOption
    ? `NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members
                   WHERE member = pg_roles.oid AND NOT inherit_option)`
    : 'true';
  const rights = await session.queryOne<Omit<RoleRights, 'hasInheritOption'>>(
    `SELECT rolname AS role, rolsuper AS "isSuperuser", rolcreatedb AS "mayCreateDatabases",
            rolcreaterole AS "mayCreateRoles", rolinherit AND ${inheritsAll} AS inherits
     FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  );
  return { ...rights, hasInheritOption };
}

export async function readDatabaseRights(session: Session): Promise<DatabaseRights> {
  return session.queryOne<DatabaseRights & Record<string, unknown>>(
    `SELECT current_database() AS database,
            pg_catalog.has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchemas",
            NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public'
                        AND NOT pg_catalog.has_schema_privilege(oid, 'CREATE')) AS "mayCreateInPublic"`,
  );
}

export async function readReplaceRights(
  maintenance: Session,
  { name, endSessions }: { name: string; endSessions: boolean },
): Promise<ReplaceRights> {
  const { owner, isOwner } = await maintenance.queryOne<{ owner: string; isOwner: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(datdba) AS owner,
            pg_catalog.pg_has_role(datdba, 'USAGE') AS "isOwner"
     FROM pg_catalog.pg_database WHERE datname = $1`,
    [name],
  );
  const others = await maintenance.query<{ role: string }>(
    `SELECT DISTINCT r.rolname AS role
     FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid
     WHERE a.datname = $1 AND a.pid <> pg_catalog.pg_backend_pid()
       AND NOT pg_catalog.pg_has_role(r.oid, 'USAGE')
       AND (r.rolsuper OR NOT pg_catalog.pg_has_role('pg_signal_backend', 'USAGE'))
     ORDER BY 1`,
    [name],
  );
  const sessionsOfOthers = endSessions ? others.map(({ role }) => role) : [];
  return { database: name, owner, isOwner, sessionsOfOthers };
}

/** What a role lacks to make a table in a schema. */
export async function missingInSchema(session: Session, schema: string): Promise<MissingRight[]> {
  const [row] = await session.query<{ may: boolean; role: string }>(
    `SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') AS may, current_user AS role
     FROM pg_catalog.pg_namespace WHERE nspname = $1`,
    [schema],
  );
  if (row === undefined || row.may) return [];
  const place = quoteIdentifier(schema);
  return [
    {
      right: `create tables in schema ${schema}`,
      statement: `GRANT CREATE, USAGE ON SCHEMA ${place} TO ${quoteIdentifier(row.role)};`,
    },
  ];
}

/** What a role lacks to fill a table: its triggers are switched off meanwhile, which only its owner may. */
export async function missingToRefill(session: Session, table: TableName): Promise<MissingRight[]> {
  const { owner, isOwner } = await session.queryOne<{ owner: string; isOwner: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(relowner) AS owner,
            pg_catalog.pg_has_role(relowner, 'USAGE') AS "isOwner"
     FROM pg_catalog.pg_class WHERE oid = $1::pg_catalog.regclass`,
    [quoteTable(table)],
  );
  if (isOwner) return [];
  return [
    {
      right: `fill table ${showTable(table)}, which ${owner} owns`,
      statement: joinStatement(await readRoleRights(session), owner),
    },
  ];
}
