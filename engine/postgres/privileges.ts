import { quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { NOT_OF_EXTENSION, USER_SCHEMA } from './relations.ts';
import type { Session } from './session.ts';

/** What the role of a backup may not do, and the statement that mends it. */
export interface PrivilegeGap {
  object: string;
  grant: string;
}

export interface PrivilegeReport {
  role: string;
  gaps: PrivilegeGap[];
  /** Tables whose policies would hide rows from this role. */
  rowSecurity: string[];
}

/** Asks the catalog about every relation, in three queries, whatever their number. */
export async function readPrivileges(session: Session): Promise<PrivilegeReport> {
  const { role, quoted } = await session.queryOne<{ role: string; quoted: string }>(
    'SELECT current_user AS role, pg_catalog.quote_ident(current_user) AS quoted',
  );
  const schemas = await session.query<{ name: string }>(
    `SELECT pg_catalog.quote_ident(n.nspname) AS name FROM pg_catalog.pg_namespace n
     WHERE ${USER_SCHEMA} AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
       AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'S')) ORDER BY 1`,
  );
  const relations = await session.query<{ name: string; kind: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.relkind AS kind
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND ${USER_SCHEMA} AND ${NOT_OF_EXTENSION}
       AND NOT CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END
     ORDER BY n.nspname, c.relname`,
  );
  return {
    role,
    gaps: [
      ...schemas.map(({ name }) => ({
        object: `schema ${name}`,
        grant: `GRANT USAGE ON SCHEMA ${name} TO ${quoted};`,
      })),
      ...relations.map(({ name, kind }) => ({
        object: `${kind === 'S' ? 'sequence' : 'table'} ${name}`,
        grant: `GRANT SELECT ON ${kind === 'S' ? 'SEQUENCE' : 'TABLE'} ${name} TO ${quoted};`,
      })),
      ...(await largeObjectGaps(session, quoted)),
    ],
    rowSecurity: await hidingTables(session),
  };
}

/** pg_read_all_data does not cover large objects, and pg_dump finds out only after all tables were sent. */
async function largeObjectGaps(session: Session, role: string): Promise<PrivilegeGap[]> {
  const rows = await session.query<{ oid: string }>(
    `SELECT m.oid FROM pg_catalog.pg_largeobject_metadata m
     WHERE NOT pg_catalog.current_setting('lo_compat_privileges')::boolean AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
       AND NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')
       AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
     ORDER BY m.oid LIMIT 1000`,
  );
  return rows.map(({ oid }) => ({
    object: `large object ${oid}`,
    grant: `GRANT SELECT ON LARGE OBJECT ${oid} TO ${role};`,
  }));
}

async function hidingTables(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND ${USER_SCHEMA} AND pg_catalog.row_security_active(c.oid) ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** @throws HoldfastError PRIVILEGE_MISSING, ROW_SECURITY. */
export function assertReadable({ role, gaps, rowSecurity }: PrivilegeReport): void {
  const [gap] = gaps;
  if (gap !== undefined) {
    throw new HoldfastError({
      code: 'PRIVILEGE_MISSING',
      message: `role ${role} may not read ${gap.object}${gaps.length > 1 ? ` and ${gaps.length - 1} more` : ''}`,
      hint: `Run as its owner or a superuser: ${gap.grant}${gaps.length > 1 ? ' `holdfast doctor` prints the other statements.' : ''}`,
    });
  }
  const [table] = rowSecurity;
  if (table === undefined) return;
  throw new HoldfastError({
    code: 'ROW_SECURITY',
    message: `row-level security would hide rows of ${table}${rowSecurity.length > 1 ? ` and ${rowSecurity.length - 1} more tables` : ''} from role ${role}`,
    hint: `Run as a superuser: ALTER ROLE ${quoteIdentifier(role)} BYPASSRLS; or back up as a role that has it.`,
  });
}
