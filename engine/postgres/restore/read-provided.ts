import type { ProvidedObjects } from '../../domain/restore/provided-objects.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';
import { isSuperuser, rolesToJoin } from './role-membership.ts';

/** Of a target before the restore; undefined for a superuser, who may change everything. */
export async function readProvided(
  session: Session,
  { roles }: { roles: readonly string[] },
): Promise<ProvidedObjects | undefined> {
  if (await isSuperuser(session)) return undefined;
  const extensions = await session.query<{ name: string }>(
    `SELECT extname AS name FROM pg_catalog.pg_extension
     WHERE NOT pg_catalog.pg_has_role(extowner, 'USAGE')`,
  );
  const schemas = await session.query<{ name: string; isOwn: boolean }>(
    `SELECT nspname AS name, pg_catalog.pg_has_role(nspowner, 'USAGE') AS "isOwn"
     FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  return {
    extensions: extensions.map(({ name }) => name),
    schemas,
    closedRoles: await rolesToJoin(session, roles),
  };
}

/**
 * Lets roles own tables in the schema public of a database that belongs to another role, which
 * needs CREATE there. @returns those that got it; endTablesInPublic() takes it back.
 */
export async function allowTablesInPublic(
  session: Session,
  roles: readonly string[],
): Promise<string[]> {
  if (await isSuperuser(session)) return [];
  const rows = await session.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_catalog.pg_roles r, pg_catalog.pg_namespace n
     WHERE n.nspname = 'public' AND r.rolname = ANY ($1) AND rolname !~ '^pg_'
       AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')
       AND NOT pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')`,
    [roles],
  );
  const names = rows.map(({ name }) => name);
  for (const name of names)
    await session.query(`GRANT CREATE ON SCHEMA public TO ${quoteIdentifier(name)}`);
  return names;
}

export async function endTablesInPublic(session: Session, roles: readonly string[]): Promise<void> {
  for (const name of roles)
    await session.query(`REVOKE CREATE ON SCHEMA public FROM ${quoteIdentifier(name)}`);
}
