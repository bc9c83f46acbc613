import { quoteIdentifier } from '../../domain/table-name.ts';
import { isHoldfastError } from '../../errors.ts';
import { type Session, sqlStateOf } from '../session.ts';

export async function isSuperuser(session: Session): Promise<boolean> {
  const { power } = await session.queryOne<{ power: boolean }>(
    'SELECT rolsuper AS power FROM pg_catalog.pg_roles WHERE rolname = current_user',
  );
  return power;
}

/**
 * Of these roles, the ones as whose member this session can't yet give objects away and go on
 * working on them. Roles that are not there are left out.
 */
export async function rolesToJoin(session: Session, names: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_catalog.pg_roles
     WHERE rolname = ANY ($1) AND rolname !~ '^pg_' AND rolname <> current_user
       AND NOT (pg_catalog.pg_has_role(oid, 'USAGE')
                AND pg_catalog.pg_has_role(oid, '${toAct(session)}'))
     ORDER BY rolname COLLATE "C"`,
    [names],
  );
  return rows.map(({ name }) => name);
}

/** Of these roles, the ones whose rights this session's role lacks and can not give to itself. */
export async function rolesClosedTo(session: Session, names: readonly string[]): Promise<string[]> {
  if (await isSuperuser(session)) return [];
  const closed: string[] = [];
  for (const name of await rolesToJoin(session, names))
    if (!(await mayJoin(session, name))) closed.push(name);
  return closed;
}

/** The option of pg_has_role() for who may act as a role; before 16 every member may. */
export function toAct({ serverVersionNum }: Session): string {
  return serverVersionNum >= 160_000 ? 'SET' : 'MEMBER';
}

/**
 * Only a superuser lets others join a superuser. Until PostgreSQL 15 CREATEROLE is enough for all
 * other roles, and a role that does not inherit gets no rights by joining.
 */
async function mayJoin(session: Session, name: string): Promise<boolean> {
  const { may } = await session.queryOne<{ may: boolean }>(
    `SELECT NOT r.rolsuper AND ($2 OR me.rolinherit)
            AND (pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')
                 OR NOT $2 AND me.rolcreaterole) AS may
     FROM pg_catalog.pg_roles r, pg_catalog.pg_roles me
     WHERE r.rolname = $1 AND me.rolname = current_user`,
    [name, session.serverVersionNum >= 160_000],
  );
  return may;
}

/** Whether this session has the rights of a role by itself. */
export async function hasRightsOf(session: Session, role: string): Promise<boolean> {
  const [row] = await session.query<{ has: boolean }>(
    `SELECT pg_catalog.pg_has_role(oid, 'USAGE') AS has FROM pg_catalog.pg_roles
     WHERE rolname = $1`,
    [role],
  );
  return row?.has === true;
}

/**
 * Makes this session's role a member of the owners of what is to be restored, for the time of the
 * restore. @returns the roles that it joined: leaveRoles() ends that again.
 */
export async function joinRoles(session: Session, names: readonly string[]): Promise<string[]> {
  if (await isSuperuser(session)) return [];
  const options = session.serverVersionNum >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : '';
  const joined: string[] = [];
  for (const name of await rolesToJoin(session, names))
    await session
      .query(`GRANT ${quoteIdentifier(name)} TO CURRENT_USER${options}`)
      .then(() => joined.push(name))
      .catch(ignoreRefusal);
  return joined;
}

export async function leaveRoles(session: Session, names: readonly string[]): Promise<void> {
  const grantor = session.serverVersionNum >= 160_000 ? ' GRANTED BY CURRENT_USER' : '';
  for (const name of names)
    await session
      .query(`REVOKE ${quoteIdentifier(name)} FROM CURRENT_USER${grantor}`)
      .catch(ignoreDropped);
}

/** Where the role is gone, so is the membership. */
function ignoreDropped(error: unknown): void {
  if (sqlStateOf(error) !== '42704') throw error;
}

/** What needed the role says so itself, with the object that it is about. */
function ignoreRefusal(error: unknown): void {
  if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
}
