import {
  createRoleStatement,
  type RoleStatement,
  roleStatements,
} from '../domain/restore/role-statements.ts';
import { isHoldfastError } from '../errors.ts';
import { type Session, sqlStateOf } from './session.ts';
import { readRoleNames, readSharedText } from './shared-text.ts';
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

/** The statements of a globals stream. */
export interface Globals {
  statements: string[];
  /** Those whose bytes are in no encoding that is known, as far as they can be read. */
  unreadable: string[];
}

export const NO_GLOBALS: Globals = { statements: [], unreadable: [] };

/** Reads a globals stream, whose texts are bytes of catalogs that all databases share. */
export async function readGlobals(session: Session, stream: Buffer): Promise<Globals> {
  const script = stream.toString('latin1');
  const encoding = /^SET client_encoding = '(\w+)';$/m.exec(script)?.[1] ?? 'UTF8';
  const globals: Globals = { statements: [], unreadable: [] };
  for (const statement of splitStatements(script)) {
    const bytes = Buffer.from(statement, 'latin1');
    const text = await readSharedText(session, { bytes, encoding });
    if (text === undefined) globals.unreadable.push(statement.replace(/[^\x20-\x7e]/g, '?'));
    else globals.statements.push(text);
  }
  return globals;
}

/** The names of the roles that a globals stream creates. */
export function rolesOf({ statements }: Globals): string[] {
  return roleStatements(statements).names;
}

/** The names of the roles that a server has. */
export function existingRoles(session: Session): Promise<string[]> {
  return readRoleNames(session, 'SELECT rolname AS name FROM pg_catalog.pg_roles');
}

/**
 * Makes the roles of a globals stream that the target lacks, without login and without password,
 * with their attributes, settings, comments, security labels and memberships. Roles that are there
 * stay as they are.
 */
export async function createRoles(session: Session, globals: Globals): Promise<RolesResult> {
  const { statements } = globals;
  const { names, statements: about, tablespaces } = roleStatements(statements);
  const existing = new Set(await existingRoles(session));
  const created = names.filter((name) => !existing.has(name));
  for (const name of created) await session.query(createRoleStatement(name));
  const withheld = unreadableOf(globals, { created });
  const isPlain = !statements.includes('SET standard_conforming_strings = off');
  if (!isPlain) await session.query('SET standard_conforming_strings = off');
  for (const { sql, what } of about.filter((one) => created.includes(one.role)))
    await session.query(sql).catch((error: unknown) => {
      if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
      withheld.push(`${what} (${error.message})`);
    });
  if (!isPlain) await session.query('SET standard_conforming_strings = on');
  const others = about.filter((one) => !created.includes(one.role));
  return {
    created,
    withheld,
    notGranted: await missingMemberships(session, others),
    tablespaces: await missingTablespaces(session, tablespaces),
  };
}

/** What is not given because nobody knows the encoding of its bytes. */
function unreadableOf(
  { unreadable }: Globals,
  { created }: { created: readonly string[] },
): string[] {
  const { names, statements } = roleStatements(unreadable);
  return [
    ...names.map((name) => `role ${name}`),
    ...statements.filter(({ role }) => created.includes(role)).map(({ what }) => what),
  ].map((what) => `${what} (its bytes are in no known encoding)`);
}

async function missingTablespaces(
  session: Session,
  tablespaces: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT spcname AS name FROM pg_catalog.pg_tablespace',
  );
  return tablespaces.filter((tablespace) => !rows.some(({ name }) => name === tablespace));
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
