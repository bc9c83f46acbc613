import { quoteIdentifier } from '../../domain/table-name.ts';
import { CLEAN_UP_SECONDS } from '../clean-up.ts';
import type { Session } from '../session.ts';
import { toAct } from './role-membership.ts';

/** A login that may act as more roles than this is an administrator's, and has one that suffices early. */
const AT_MOST = 50;

/**
 * A role that this session's login may act as (SET ROLE) and for which the answer is yes. Roles that
 * are no superusers are asked first. The session itself stays as it is.
 */
export async function findActingRole(
  session: Session,
  suffices: () => Promise<boolean>,
): Promise<string | undefined> {
  for (const role of await rolesToActAs(session)) {
    await session.query(`SET ROLE ${quoteIdentifier(role)}`);
    const reset = () => session.limited(() => session.query('RESET ROLE'), CLEAN_UP_SECONDS);
    if (await suffices().finally(reset)) return role;
  }
  return undefined;
}

async function rolesToActAs(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_catalog.pg_roles
     WHERE rolname !~ '^pg_' AND rolname <> current_user
       AND pg_catalog.pg_has_role(session_user, oid, '${toAct(session)}')
     ORDER BY rolsuper, rolname COLLATE "C" LIMIT ${AT_MOST}`,
  );
  return rows.map(({ name }) => name);
}
