import { quoteIdentifier } from '../table-name.ts';

/** A right that an act of a restore needs and its role lacks, with the statement that gives it. */
export interface MissingRight {
  /** Completes "role x may not". */
  right: string;
  /** Undefined for what only a superuser may. */
  statement?: string;
}

export interface RoleRights {
  role: string;
  isSuperuser: boolean;
  mayCreateDatabases: boolean;
  mayCreateRoles: boolean;
  /** Whether it has the rights of the roles that it is a member of without SET ROLE. */
  inherits: boolean;
  /** Whether each membership says that for itself (16 and newer). */
  hasInheritOption: boolean;
}

/** What a role may do in the database that it is connected to. */
export interface DatabaseRights {
  database: string;
  /** CREATE on the database: schemas and extensions. */
  mayCreateSchemas: boolean;
  /** CREATE on the schema public; true where there is no such schema. */
  mayCreateInPublic: boolean;
}

/** What a role may do with a database that is to be replaced. */
export interface ReplaceRights {
  database: string;
  owner: string;
  isOwner: boolean;
  /** Roles with sessions that this role may not end. */
  sessionsOfOthers: string[];
}

export function missingToCreate({ role, ...rights }: RoleRights): MissingRight[] {
  if (rights.isSuperuser || rights.mayCreateDatabases) return [];
  return [
    { right: 'create databases', statement: `ALTER ROLE ${quoteIdentifier(role)} CREATEDB;` },
  ];
}

export function missingToMakeRoles(
  { role, ...rights }: RoleRights,
  roles: readonly string[],
): MissingRight[] {
  if (roles.length === 0 || rights.isSuperuser || rights.mayCreateRoles) return [];
  return [
    {
      right: `create the roles ${roles.join(', ')}`,
      statement: `ALTER ROLE ${quoteIdentifier(role)} CREATEROLE;`,
    },
  ];
}

export function missingToReplace(
  rights: RoleRights,
  { database, owner, isOwner, sessionsOfOthers }: ReplaceRights,
): MissingRight[] {
  if (rights.isSuperuser) return [];
  const role = quoteIdentifier(rights.role);
  return [
    ...missingToCreate(rights),
    ...(isOwner
      ? []
      : [
          {
            right: `rename database ${database}, which ${owner} owns`,
            statement: joinStatement(rights, owner),
          },
        ]),
    ...(sessionsOfOthers.length === 0
      ? []
      : [
          {
            right: `end the sessions of ${sessionsOfOthers.join(', ')}`,
            statement: `GRANT pg_signal_backend TO ${role};`,
          },
        ]),
  ];
}

export function missingToFill(
  { role, isSuperuser }: RoleRights,
  { database, mayCreateSchemas, mayCreateInPublic }: DatabaseRights,
): MissingRight[] {
  if (isSuperuser) return [];
  const to = quoteIdentifier(role);
  return [
    ...(mayCreateSchemas
      ? []
      : [
          {
            right: `create schemas in database ${database}`,
            statement: `GRANT CREATE ON DATABASE ${quoteIdentifier(database)} TO ${to};`,
          },
        ]),
    ...(mayCreateInPublic
      ? []
      : [
          {
            right: 'create tables in schema public',
            statement: `GRANT CREATE ON SCHEMA public TO ${to};`,
          },
        ]),
  ];
}

/** @param owners of objects of the set, whose rights the role lacks and can not give to itself. */
export function missingToGive(rights: RoleRights, owners: readonly string[]): MissingRight[] {
  return owners.map((owner) => ({
    right: `give objects to their owner ${owner} (--no-owner leaves them to ${rights.role})`,
    statement: joinStatement(rights, owner),
  }));
}

/** What gives a role the rights of another one without SET ROLE. */
export function joinStatement(
  { role, inherits, hasInheritOption }: Pick<RoleRights, 'role' | 'inherits' | 'hasInheritOption'>,
  other: string,
): string {
  const [to, from] = [role, other].map(quoteIdentifier);
  if (inherits) return `GRANT ${from} TO ${to};`;
  if (hasInheritOption) return `GRANT ${from} TO ${to} WITH INHERIT TRUE, SET TRUE;`;
  return `GRANT ${from} TO ${to}; ALTER ROLE ${to} INHERIT;`;
}

/** At most so many objects are named; a list of hundreds helps nobody. */
const NAMED = 10;

/** @param objects of the set that only a superuser may make, for people. */
export function missingForSuperuser(objects: readonly string[]): MissingRight[] {
  if (objects.length === 0) return [];
  const more = objects.length > NAMED ? ` and ${objects.length - NAMED} more` : '';
  const named = objects.slice(0, NAMED).join('; ');
  return [{ right: `create what only a superuser may: ${named}${more}` }];
}

/** @param tablespaces of the set in which the role may make nothing. */
export function missingInTablespaces(
  { role }: Pick<RoleRights, 'role'>,
  tablespaces: readonly string[],
): MissingRight[] {
  return tablespaces.map((name) => ({
    right: `create tables in tablespace ${name}`,
    statement: `GRANT CREATE ON TABLESPACE ${quoteIdentifier(name)} TO ${quoteIdentifier(role)};`,
  }));
}
