import {
  createRoleStatement,
  type RoleStatement,
  roleStatements,
} from '../domain/restore/role-statements.ts';
import { isHoldfastError } from '../errors.ts';
import { type Session, sqlStateOf } from './session.ts';
import { splitStatements } from './sql-statements.ts';

export interface RolesResult {
  created: string[];
  /** What this session may not give to a role that it made, with the reason. */
  withheld: string[];
  /** Memberships of the source in which a role that was there stays as it is. */
  notGranted: string[];
  /** Tablespaces of the source that this server lacks: a directory can't be made from here. */
  tablespaces: string[];
}

/**
 * Makes the roles of a globals stream that the target lacks, without login and without password,
 * with their attributes, settings, comments, security labels and memberships. Roles that are there
 * stay as they are.
 */
export async function createRoles(session: Session, globals: string): Promise<RolesResult> {
  const statements = splitStatements(globals);
  const { names, statements: about, tablespaces } = roleStatements(statements);
  const namesOf = async (query: string) =>
    new Set((await session.query<{ name: string }>(query)).map(({ name }) => name));
  const existing = await namesOf('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const spaces = await namesOf('SELECT spcname AS name FROM pg_catalog.pg_tablespace');
  const created = names.filter((name) => !existing.has(name));
  for (const name of created) await session.query(createRoleStatement(name));
  const withheld: string[] = [];
  const isPlain = !statements.includes('SET standard_conforming_strings = off');
  if (!isPlain) await session.query('SET standard_conforming_strings = off');
  for (const { sql, what } of about.filter((one) => created.includes(one.role)))
    await session.query(sql).catch((error: unknown) => {
      if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
      withheld.push(`${what} (${error.message})`);
    });
  if (!isPlain) await session.query('RESET standard_conforming_strings');
  const notGranted = await missingMemberships(
    session,
    about.filter((one) => !created.includes(one.role)),
  );
  return {
    created,
    withheld,
    notGranted,
    tablespaces: tablespaces.filter((name) => !spaces.has(name)),
  };
}

/** Those that the source has, and this server does not. */
async function missingMemberships(
  session: Session,
  statements: readonly RoleStatement[],
): Promise<string[]> {
  const rows = await session.query<{ granted: string; role: string }>(
    `SELECT DISTINCT r.rolname AS granted, m.rolname AS role
     FROM pg_catalog.pg_auth_members a
     JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
     JOIN pg_catalog.pg_roles m ON m.oid = a.member`,
  );
  return statements
    .filter(
      ({ role, granted }) =>
        granted !== undefined && !rows.some((row) => row.role === role && row.granted === granted),
    )
    .map(({ sql }) => sql);
}
