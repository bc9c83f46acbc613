import type { PlainRoleTarget } from '../../domain/restore/superuser-entries.ts';
import type { Session } from '../session.ts';
import { isSuperuser } from './role-membership.ts';

/** Administrators of providers, whose servers let them do some of what elsewhere only a superuser may. */
const PROVIDER_ROLES = [
  'rds_superuser',
  'cloudsqlsuperuser',
  'alloydbsuperuser',
  'azure_pg_admin',
  'neon_superuser',
  'supabase_admin',
];

export interface PlainRoleFacts extends PlainRoleTarget {
  /** The role is an administrator of a provider: what is refused to it, only the provider knows. */
  isOfProvider: boolean;
}

export interface TargetOfRole {
  /** The database is still to be made, so that nothing of this session's own is in it. */
  isNew: boolean;
}

/** Undefined for a superuser, who may do everything. */
export async function readPlainRole(
  session: Session,
  { isNew }: TargetOfRole,
): Promise<PlainRoleFacts | undefined> {
  if (await isSuperuser(session)) return undefined;
  const names = async (query: string, values: unknown[] = []) =>
    (await session.query<{ name: string }>(query, values)).map(({ name }) => name);
  const { isOfProvider, maySubscribe } = await session.queryOne<{
    isOfProvider: boolean;
    maySubscribe: boolean;
  }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ANY ($1)
                    AND pg_catalog.pg_has_role(oid, 'USAGE')) AS "isOfProvider",
            EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pg_create_subscription'
                    AND pg_catalog.pg_has_role(oid, 'USAGE')) AS "maySubscribe"`,
    [PROVIDER_ROLES],
  );
  return {
    isOfProvider,
    maySubscribe,
    untrustedLanguages: await names(
      'SELECT lanname AS name FROM pg_catalog.pg_language WHERE NOT lanpltrusted',
    ),
    closedExtensions: await names(
      `SELECT v.name FROM pg_catalog.pg_available_extension_versions v
       JOIN pg_catalog.pg_available_extensions e
         ON e.name = v.name AND e.default_version = v.version
       WHERE v.superuser AND NOT v.trusted
         AND ($1 OR NOT EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE x.extname = v.name))`,
      [isNew],
    ),
  };
}

/** Of these tablespaces, the ones in which this role may make nothing. */
export async function closedTablespaces(
  session: Session,
  tablespaces: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT spcname AS name FROM pg_catalog.pg_tablespace
     WHERE spcname = ANY ($1) AND NOT pg_catalog.has_tablespace_privilege(oid, 'CREATE')
     ORDER BY spcname COLLATE "C"`,
    [tablespaces],
  );
  return rows.map(({ name }) => name);
}
