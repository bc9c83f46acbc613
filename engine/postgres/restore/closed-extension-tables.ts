import type { TableName } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

/** A configuration table of an extension into which this role may not write. */
export interface ClosedTable extends TableName {
  extension: string;
  owner: string;
}

/**
 * The members of an extension belong to the role that installed it, and those of a trusted one to the
 * superuser of the server ("CREATE EXTENSION"): on a managed server that is the provider.
 */
export function readClosedExtensionTables(session: Session): Promise<ClosedTable[]> {
  return session.query<ClosedTable & Record<string, unknown>>(
    `SELECT n.nspname AS schema, c.relname AS name, e.extname AS extension,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner
     FROM pg_catalog.pg_extension e
     CROSS JOIN LATERAL pg_catalog.unnest(e.extconfig) AS f(oid)
     JOIN pg_catalog.pg_class c ON c.oid = f.oid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND NOT pg_catalog.has_table_privilege(c.oid, 'INSERT')
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
}
