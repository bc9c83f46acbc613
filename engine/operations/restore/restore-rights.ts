import {
  type MissingRight,
  missingToCreate,
  missingToFill,
  missingToGive,
  missingToMakeRoles,
  missingToReplace,
} from '../../domain/restore/missing-rights.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { rolesClosedTo } from '../../postgres/restore/role-membership.ts';
import {
  readDatabaseRights,
  readReplaceRights,
  readRoleRights,
} from '../../postgres/restore/role-rights.ts';
import { type Session, sqlStateOf } from '../../postgres/session.ts';

export interface RoleOfRestore {
  role: string;
  /** How another role can be named: a clause that follows "log in as a role that may". */
  otherLogin?: string | undefined;
}

export interface RightsOptions extends RoleOfRestore {
  /** The roles that are to be made. */
  makesRoles: readonly string[];
  /** Those that objects are given to. */
  owners: readonly string[];
}

/** Asked in the empty database that is to be filled. @throws HoldfastError PRIVILEGE_MISSING. */
export async function assertMayFill(
  target: Session,
  { makesRoles, owners, ...role }: RightsOptions,
): Promise<void> {
  const rights = await readRoleRights(target);
  const missing = missingToFill(rights, await readDatabaseRights(target));
  const toGive = missingToGive(rights, await rolesClosedTo(target, owners));
  assertRights([...missingToMakeRoles(rights, makesRoles), ...missing, ...toGive], role);
}

/** @throws HoldfastError PRIVILEGE_MISSING. */
export async function assertMayCreate(
  maintenance: Session,
  { makesRoles, owners, ...role }: RightsOptions,
): Promise<void> {
  const rights = await readRoleRights(maintenance);
  const toGive = missingToGive(rights, await rolesClosedTo(maintenance, owners));
  const toMake = [...missingToCreate(rights), ...missingToMakeRoles(rights, makesRoles)];
  assertRights([...toMake, ...toGive], role);
}

export interface SwapRights extends RightsOptions {
  /** The database that is to be replaced. */
  name: string;
  endSessions: boolean;
}

/** @throws HoldfastError PRIVILEGE_MISSING. */
export async function assertMaySwap(
  maintenance: Session,
  { makesRoles, owners, name, endSessions, ...role }: SwapRights,
): Promise<void> {
  const rights = await readRoleRights(maintenance);
  const replaced = await readReplaceRights(maintenance, { name, endSessions });
  const missing = missingToReplace(rights, replaced);
  const toGive = missingToGive(rights, await rolesClosedTo(maintenance, owners));
  assertRights([...missing, ...missingToMakeRoles(rights, makesRoles), ...toGive], role);
}

/** @throws HoldfastError PRIVILEGE_MISSING that names every missing right and what gives it. */
export function assertRights(
  missing: readonly MissingRight[],
  { role, otherLogin }: RoleOfRestore,
) {
  if (missing.length === 0) return;
  const rights = missing.map(({ right }) => right).join(', nor ');
  const statements = [...new Set(missing.map(({ statement }) => statement))].join(' ');
  throw new HoldfastError({
    code: 'PRIVILEGE_MISSING',
    message: `role ${role} may not ${rights}`,
    hint:
      otherLogin === undefined
        ? `Run as a superuser: ${statements}`
        : `Log in as a role that may: ${otherLogin}. Or run as a superuser: ${statements}`,
  });
}

/** What PostgreSQL calls a right that is missing, as its programs print it. */
const REFUSED = /permission denied|must be (?:able to SET ROLE|superuser|a?\s?(?:owner|member) of)/;

/** A refusal of the server with a hint for the role that restored; any other failure stays what it is. */
export function asRefusedRight(error: unknown, { role, otherLogin }: RoleOfRestore): unknown {
  if (!isHoldfastError(error) || error.code === 'PRIVILEGE_MISSING') return error;
  const isRefused =
    sqlStateOf(error) === '42501' ||
    (error.code === 'RESTORE_FAILED' && REFUSED.test(error.message));
  if (!isRefused) return error;
  const { code, message, cause, retryable } = error;
  const advice =
    otherLogin === undefined
      ? `Make ${role} a member of the roles that own the objects, or restore as a superuser.`
      : `Log in as a role that may: ${otherLogin}.`;
  return new HoldfastError({
    code: code === 'INTERNAL' ? 'PRIVILEGE_MISSING' : code,
    message,
    hint: `Role ${role} lacks that right. ${advice} README, "Your own database", has the statements.`,
    retryable,
    cause: cause ?? error,
  });
}
