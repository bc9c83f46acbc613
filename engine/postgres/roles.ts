import { isUtf8 } from 'node:buffer';
import {
  createRoleStatement,
  type RoleStatement,
  roleStatements,
} from '../domain/restore/role-statements.ts';
import { isHoldfastError } from '../errors.ts';
import { type Session, sqlStateOf } from './session.ts';
import { existingRoles, readSharedText } from './shared-text.ts';
import { splitStatements } from './sql-statements.ts';

export interface RolesResult {
  created: string[];
  /** What this session may not give to a role that it made, with the reason. */
  withheld: string[];
  /** What has a text whose bytes are in no known encoding: no statement can give it. */
  unreadable: string[];
  /** Memberships of the source in which a role that was there stays as it is. */
  notGranted: string[];
  /** Tablespaces of the source that this server lacks: a directory can't be made from here. */
  tablespaces: string[];
}

/** The statements of a globals stream. */
export interface Globals {
  /** Of the database by which pg_dumpall read them. */
  encoding: string;
  statements: string[];
  /**
   * Those whose texts the source keeps in that encoding. A session in a database of the same encoding
   * gives them the same bytes, by which the objects of that database find their roles.
   */
  encoded: string[];
  /** Those whose bytes are in no encoding that is known, as far as they can be read. */
  unreadable: string[];
  hasPlainBackslashes: boolean;
}

export const NO_GLOBALS: Globals = {
  ...{ encoding: 'UTF8', statements: [], encoded: [], unreadable: [] },
  hasPlainBackslashes: true,
};

/** Reads a globals stream, whose texts are bytes of catalogs that all databases share. */
export async function readGlobals(session: Session, stream: Buffer): Promise<Globals> {
  const script = stream.toString('latin1');
  const encoding = /^SET client_encoding = '(\w+)';$/m.exec(script)?.[1] ?? 'UTF8';
  const hasPlainBackslashes = !/^SET standard_conforming_strings = off;$/m.test(script);
  const globals: Globals = {
    ...{ encoding, hasPlainBackslashes },
    ...{ statements: [], encoded: [], unreadable: [] },
  };
  for (const statement of splitStatements(script)) {
    const bytes = Buffer.from(statement, 'latin1');
    const text = await readSharedText(session, { bytes, encoding });
    if (text === undefined) globals.unreadable.push(statement.replace(/[^\x20-\x7e]/g, '?'));
    else globals[isUtf8(bytes) ? 'statements' : 'encoded'].push(text);
  }
  return globals;
}

/** The names of the roles that a globals stream creates. */
export function rolesOf({ statements, encoded }: Globals): string[] {
  return roleStatements([...statements, ...encoded]).names;
}

export interface CreateRolesOptions {
  globals: Globals;
  /**
   * Which statements: before a database is made, those in UTF-8, and then the rest of them from a
   * session in that database, which has the encoding of the source's. All of them from a session in
   * a database that is there, whatever encoding it has.
   */
  texts: 'utf8' | 'encoded' | 'all';
  /** Roles that an earlier call made: they get what this call gives, too. */
  madeBefore?: readonly string[];
}

/**
 * Makes the roles of a globals stream that the target lacks, without login and without password,
 * with their attributes, settings, comments, security labels and memberships. Roles that are there
 * stay as they are.
 */
export async function createRoles(
  session: Session,
  { globals, texts, madeBefore = [] }: CreateRolesOptions,
): Promise<RolesResult> {
  const { names, statements: about, tablespaces } = roleStatements(statementsIn(globals, texts));
  const existing = new Set(await existingRoles(session, globals));
  const created = names.filter((name) => !existing.has(name));
  for (const name of created) await session.query(createRoleStatement(name));
  const made = new Set([...madeBefore, ...created]);
  const withheld = await give(session, {
    statements: about.filter(({ role }) => made.has(role)),
    hasPlainBackslashes: globals.hasPlainBackslashes,
  });
  const others = about.filter(({ role }) => !made.has(role));
  return {
    created,
    withheld,
    unreadable: texts === 'encoded' ? [] : unreadableOf(globals, { created }),
    notGranted: await missingMemberships(session, others),
    tablespaces: await missingTablespaces(session, tablespaces),
  };
}

function statementsIn(
  { statements, encoded }: Globals,
  texts: CreateRolesOptions['texts'],
): readonly string[] {
  if (texts === 'utf8') return statements;
  return texts === 'encoded' ? encoded : [...statements, ...encoded];
}

interface GiveOptions {
  statements: readonly RoleStatement[];
  hasPlainBackslashes: boolean;
}

/** @returns what the server refused, with its reasons. */
async function give(
  session: Session,
  { statements, hasPlainBackslashes }: GiveOptions,
): Promise<string[]> {
  const withheld: string[] = [];
  if (!hasPlainBackslashes) await session.query('SET standard_conforming_strings = off');
  for (const { sql, what } of statements)
    await session.query(sql).catch((error: unknown) => {
      if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
      withheld.push(`${what} (${error.message})`);
    });
  if (!hasPlainBackslashes) await session.query('SET standard_conforming_strings = on');
  return withheld;
}

/** Roles that are not made, and texts of the roles that were. */
function unreadableOf(
  { unreadable }: Globals,
  { created }: { created: readonly string[] },
): string[] {
  const { names, statements } = roleStatements(unreadable);
  return [
    ...names.map((name) => `role ${name}`),
    ...statements.filter(({ role }) => created.includes(role)).map(({ what }) => what),
  ];
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
