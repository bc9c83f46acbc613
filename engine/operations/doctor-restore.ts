import {
  joinStatement,
  type MissingRight,
  missingForSuperuser,
  missingToCreate,
  missingToReplace,
} from '../domain/restore/missing-rights.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { findActingRole } from '../postgres/restore/acting-role.ts';
import { rolesClosedTo } from '../postgres/restore/role-membership.ts';
import { readReplaceRights, readRoleRights } from '../postgres/restore/role-rights.ts';
import { readSuperuserObjects } from '../postgres/restore/superuser-objects.ts';
import { Session } from '../postgres/session.ts';
import type { Examination, Outcome } from './doctor-finding.ts';

export interface RestoreQuestion {
  /** As a restore into this database would log in; may fail as connections do. */
  settings: () => Promise<ConnectionSettings>;
  /** How restores can be given another role; undefined where they have a login of their own. */
  otherLogin: string | undefined;
}

/** Who may restore what. A database that can be backed up and not restored is a warning: backups need none of it. */
export async function examineRestoreRights(
  examination: Examination,
  { settings, otherLogin }: RestoreQuestion,
): Promise<void> {
  await examination.tryOut(
    'restore rights',
    async () => {
      const session = await Session.open(await settings(), { applicationName: 'holdfast doctor' });
      try {
        return await describeRights(session, otherLogin);
      } finally {
        await session.end();
      }
    },
    'warning',
  );
}

async function describeRights(
  session: Session,
  otherLogin: string | undefined,
): Promise<Outcome<never>> {
  const rights = await readRoleRights(session);
  if (rights.isSuperuser)
    return { detail: `role ${rights.role} is a superuser and may restore all` };
  const { database } = session.settings;
  const owners = await ownersIn(session);
  const questions: [string, () => Promise<MissingRight[]>][] = [
    ['bring tables back', () => missingToJoin(session, owners)],
    [`make database ${database} again`, async () => missingToCreate(await readRoleRights(session))],
    [`replace database ${database}`, () => missingToSwap(session, database)],
  ];
  const objects = await readSuperuserObjects(session);
  if (objects.length > 0)
    questions.push([
      `make again what only a superuser may: ${objects.join('; ')}`,
      async () => ((await readRoleRights(session)).isSuperuser ? [] : missingForSuperuser(objects)),
    ]);
  const acts: [string, MissingRight[]][] = [];
  for (const [act, missing] of questions) acts.push([act, await lackingFor(session, missing)]);
  const may = acts.filter(([, missing]) => missing.length === 0).map(([act]) => act);
  const mayNot = acts.filter(([, missing]) => missing.length > 0);
  const detail = [
    ...(may.length === 0 ? [] : [`role ${rights.role} may ${may.join(', ')}`]),
    ...(mayNot.length === 0
      ? []
      : [`role ${rights.role} may not ${mayNot.map(([act]) => act).join(', ')}`]),
  ].join('; ');
  if (mayNot.length === 0) return { detail };
  const statements = mayNot.flatMap(([, missing]) =>
    missing.flatMap(({ statement }) => statement ?? []),
  );
  return {
    detail,
    status: 'warning',
    fix: [
      ...(otherLogin === undefined
        ? []
        : [`# ${otherLogin} to a role that may (README, "Your own database"), or give this one:`]),
      ...new Set(statements),
    ],
  };
}

/** The owners of what a restore brings back. */
async function ownersIn(session: Session): Promise<string[]> {
  const rows = await session.query<{ owner: string }>(
    `SELECT DISTINCT pg_catalog.pg_get_userbyid(c.relowner) AS owner
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'S', 'v', 'm') AND n.nspname !~ '^pg_'
       AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  return rows.map(({ owner }) => owner);
}

async function missingToJoin(session: Session, owners: readonly string[]): Promise<MissingRight[]> {
  const rights = await readRoleRights(session);
  const closed = await rolesClosedTo(session, owners);
  return closed.map((owner) => ({
    right: `act for ${owner}`,
    statement: joinStatement(rights, owner),
  }));
}

async function missingToSwap(session: Session, name: string): Promise<MissingRight[]> {
  const replaced = await readReplaceRights(session, { name, endSessions: true });
  return missingToReplace(await readRoleRights(session), replaced);
}

/** Nothing where the login may act as a role that has all, as a restore then does. */
async function lackingFor(
  session: Session,
  missing: () => Promise<MissingRight[]>,
): Promise<MissingRight[]> {
  const lacking = await missing();
  if (lacking.length === 0) return [];
  const acting = await findActingRole(session, async () => (await missing()).length === 0);
  return acting === undefined ? lacking : [];
}
