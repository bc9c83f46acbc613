import { quoteIdentifier } from '../table-name.ts';

/** One statement of `pg_dumpall --globals-only` about a role, as it is run for a role that we make. */
export interface RoleStatement {
  /** The role that gets something; it must be one that we made. */
  role: string;
  sql: string;
  /** For people, without any value: a setting may hold a secret. */
  what: string;
  /** Of a membership: the role that is granted. */
  granted?: string;
}

export interface RoleStatements {
  names: string[];
  /** In the order in which they are run: what one gives may need what another gave. */
  statements: RoleStatement[];
  tablespaces: string[];
}

const NAME = `("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`;
/** NOLOGIN and the other words that a new role has anyway are passed over, and LOGIN is withheld. */
const ATTRIBUTE =
  /\b(SUPERUSER|CREATEROLE|CREATEDB|REPLICATION|BYPASSRLS|NOINHERIT)\b|CONNECTION LIMIT -?\d+|VALID UNTIL E?'(?:[^']|'')*'/g;

/** What a globals stream says of roles. */
export function roleStatements(statements: readonly string[]): RoleStatements {
  const named = (pattern: RegExp) =>
    statements.flatMap((one) => unquote(pattern.exec(one)?.[1]) ?? []);
  return {
    names: named(new RegExp(`^CREATE ROLE ${NAME}$`)),
    tablespaces: named(new RegExp(`^CREATE TABLESPACE ${NAME} `)),
    statements: [
      ...statements.flatMap(attributes),
      ...statements.flatMap(settings),
      ...statements.flatMap(descriptions),
      ...statements.flatMap(memberships),
      ...statements.flatMap(parameters),
    ],
  };
}

/** One statement for each attribute, so that one that is refused takes no other with it. */
function attributes(statement: string): RoleStatement[] {
  const [, name = '', words = ''] =
    new RegExp(`^ALTER ROLE ${NAME} WITH (.+)$`, 's').exec(statement) ?? [];
  return [...words.matchAll(ATTRIBUTE)].map(([attribute]) => ({
    ...roleOf(name),
    sql: `ALTER ROLE ${name} WITH ${attribute}`,
    what: `${attribute} of ${unquote(name)}`,
  }));
}

function settings(statement: string): RoleStatement[] {
  const [, name, setting] =
    new RegExp(`^ALTER ROLE ${NAME} SET (\\S+) TO `, 's').exec(statement) ?? [];
  if (name === undefined) return [];
  return [{ ...roleOf(name), sql: statement, what: `setting ${setting} of ${unquote(name)}` }];
}

function descriptions(statement: string): RoleStatement[] {
  const [, label, name] =
    new RegExp(`^(COMMENT|SECURITY LABEL FOR .+?) ON ROLE ${NAME} IS `, 's').exec(statement) ?? [];
  if (name === undefined) return [];
  const what = label === 'COMMENT' ? 'comment' : 'security label';
  return [{ ...roleOf(name), sql: statement, what: `${what} of ${unquote(name)}` }];
}

/** Who granted it is another matter on another server. */
function memberships(statement: string): RoleStatement[] {
  const [, sql = '', granted = '', name] =
    new RegExp(`^(GRANT ${NAME} TO ${NAME}(?: WITH [A-Z, ]+?)?)(?: GRANTED BY ${NAME})?$`).exec(
      statement,
    ) ?? [];
  if (name === undefined) return [];
  return [{ ...roleOf(name), sql, what: sql, granted: roleOf(granted).role }];
}

function parameters(statement: string): RoleStatement[] {
  const [, sql = '', name] =
    new RegExp(`^(GRANT [A-Z ,]+ ON PARAMETER .+? TO ${NAME}(?: WITH GRANT OPTION)?)$`).exec(
      statement,
    ) ?? [];
  return name === undefined ? [] : [{ ...roleOf(name), sql, what: sql }];
}

function roleOf(name: string): { role: string } {
  return { role: unquote(name) ?? name };
}

function unquote(name: string | undefined): string | undefined {
  return name?.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** A role without login and without password. */
export function createRoleStatement(name: string): string {
  return `CREATE ROLE ${quoteIdentifier(name)} NOLOGIN`;
}
