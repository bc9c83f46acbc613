import { describeEntry } from '../../domain/archive/describe-entry.ts';
import type { TocEntry } from '../../domain/archive-toc.ts';
import {
  type MissingRight,
  missingForSuperuser,
  missingInTablespaces,
  missingToCreate,
  missingToFill,
  missingToGive,
  missingToMakeRoles,
  missingToReplace,
} from '../../domain/restore/missing-rights.ts';
import { superuserEntries } from '../../domain/restore/superuser-entries.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { findActingRole } from '../../postgres/restore/acting-role.ts';
import {
  closedTablespaces,
  readPlainRole,
  type TargetOfRole,
} from '../../postgres/restore/plain-role-target.ts';
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
  /** The definitions that are to come back; none where what is refused is left out. */
  toc: readonly TocEntry[];
  /** Those in which something is to lie. */
  tablespaces: readonly string[];
  onNote: (note: string) => void;
}

/** Asked in the empty database that is to be filled. @throws HoldfastError PRIVILEGE_MISSING. */
export function assertMayFill(target: Session, options: RightsOptions): Promise<void> {
  return assertRights(target, {
    ...options,
    missing: async () => {
      const rights = await readRoleRights(target);
      const toFill = missingToFill(rights, await readDatabaseRights(target));
      return [
        ...missingToMakeRoles(rights, options.makesRoles),
        ...toFill,
        ...(await missingForObjects(target, { ...options, isNew: false })),
      ];
    },
  });
}

/** @throws HoldfastError PRIVILEGE_MISSING. */
export function assertMayCreate(maintenance: Session, options: RightsOptions): Promise<void> {
  return assertRights(maintenance, {
    ...options,
    missing: async () => {
      const rights = await readRoleRights(maintenance);
      return [
        ...missingToCreate(rights),
        ...missingToMakeRoles(rights, options.makesRoles),
        ...(await missingForObjects(maintenance, { ...options, isNew: true })),
      ];
    },
  });
}

export interface SwapRights extends RightsOptions {
  /** The database that is to be replaced. */
  name: string;
  endSessions: boolean;
}

/** @throws HoldfastError PRIVILEGE_MISSING. */
export function assertMaySwap(maintenance: Session, options: SwapRights): Promise<void> {
  return assertRights(maintenance, {
    ...options,
    missing: async () => {
      const rights = await readRoleRights(maintenance);
      return [
        ...missingToReplace(rights, await readReplaceRights(maintenance, options)),
        ...missingToMakeRoles(rights, options.makesRoles),
        ...(await missingForObjects(maintenance, { ...options, isNew: true })),
      ];
    },
  });
}

/** What the objects of the set take: their owners, a superuser, a tablespace. */
async function missingForObjects(
  session: Session,
  { owners, toc, tablespaces, isNew, onNote }: RightsOptions & TargetOfRole,
): Promise<MissingRight[]> {
  const rights = await readRoleRights(session);
  const target = await readPlainRole(session, { isNew });
  const refused = target === undefined ? [] : superuserEntries(toc, target).map(describeEntry);
  if (target?.isOfProvider && refused.length > 0)
    onNote(`this server may refuse to role ${rights.role}: ${refused.join('; ')}`);
  return [
    ...missingToGive(rights, await rolesClosedTo(session, owners)),
    ...missingInTablespaces(rights, await closedTablespaces(session, tablespaces)),
    ...(target?.isOfProvider ? [] : missingForSuperuser(refused)),
  ];
}

export interface RightsQuestion extends RoleOfRestore {
  /** What the role that the session works as lacks. */
  missing: () => Promise<MissingRight[]>;
  onNote: (note: string) => void;
}

/**
 * Where the login lacks a right, and may act as a role that has all, the session acts as that role
 * from here on: such logins (NOINHERIT) are made to change to another role for such work.
 * @throws HoldfastError PRIVILEGE_MISSING that names every missing right and what gives it.
 */
export async function assertRights(
  session: Session,
  { missing, onNote, ...role }: RightsQuestion,
): Promise<void> {
  const lacking = await missing();
  if (lacking.length === 0) return;
  const acting = await findActingRole(session, async () => (await missing()).length === 0);
  if (acting === undefined) throw rightsMissing(lacking, role);
  await session.actAs(acting);
  onNote(`restored as role ${acting}, which ${session.settings.user} may act as`);
}

function rightsMissing(missing: readonly MissingRight[], { role, otherLogin }: RoleOfRestore) {
  const rights = missing.map(({ right }) => right).join(', nor ');
  const statements = [...new Set(missing.flatMap(({ statement }) => statement ?? []))].join(' ');
  const needsSuperuser = missing.some(({ statement }) => statement === undefined);
  const hint = [
    ...(otherLogin === undefined ? [] : [`Log in as a role that may: ${otherLogin}.`]),
    ...(needsSuperuser
      ? ['Restore as a superuser; or leave those objects out: --create --keep-going lists them.']
      : []),
    ...(statements === '' ? [] : [`Run as a superuser: ${statements}`]),
  ];
  return new HoldfastError({
    code: 'PRIVILEGE_MISSING',
    message: `role ${role} may not ${rights}`,
    hint: hint.join(' ').replace('. Run as', '. Or run as'),
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
