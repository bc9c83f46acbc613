import { quoteIdentifier } from '../domain/table-name.ts';
import type { Session } from './session.ts';
import { splitStatements } from './sql-statements.ts';

export interface RolesResult {
  created: string[];
  /** Attributes that this session may not give. */
  withheld: string[];
}

const NAME = `("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`;

/**
 * Makes the roles of a globals stream that the target lacks, without login and without password; roles that are there stay as
 * they are. Memberships come for the new roles. Settings and tablespaces are left to their owner.
 */
export async function createRoles(session: Session, globals: string): Promise<RolesResult> {
  const statements = splitStatements(globals);
  const existing = new Set(
    (await session.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles')).map(
      ({ name }) => name,
    ),
  );
  const { isSuperuser } = await session.queryOne<{ isSuperuser: boolean }>(
    'SELECT rolsuper AS "isSuperuser" FROM pg_catalog.pg_roles WHERE rolname = current_user',
  );
  const result: RolesResult = { created: [], withheld: [] };
  for (const name of namesOf(statements, new RegExp(`^CREATE ROLE ${NAME}$`))) {
    if (existing.has(name)) continue;
    await session.query(`CREATE ROLE ${quoteIdentifier(name)} NOLOGIN`);
    result.created.push(name);
  }
  for (const statement of statements) await applyTo(session, statement, { result, isSuperuser });
  return result;
}

function namesOf(statements: readonly string[], pattern: RegExp): string[] {
  return statements
    .map((statement) => pattern.exec(statement)?.[1])
    .filter((name) => name !== undefined)
    .map(unquote);
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

const POWERS = new Set(['SUPERUSER', 'REPLICATION', 'BYPASSRLS']);
const MEEK = new Set(['INHERIT', 'NOINHERIT', 'CREATEROLE', 'CREATEDB']);

interface ApplyOptions {
  result: RolesResult;
  isSuperuser: boolean;
}

async function applyTo(
  session: Session,
  statement: string,
  { result, isSuperuser }: ApplyOptions,
): Promise<void> {
  const attributes = new RegExp(`^ALTER ROLE ${NAME} WITH (.+)$`, 's').exec(statement);
  if (attributes?.[1] !== undefined && result.created.includes(unquote(attributes[1]))) {
    const words = (attributes[2] ?? '').split(/\s+/);
    const kept = words.filter((word) => MEEK.has(word) || (isSuperuser && POWERS.has(word)));
    if (kept.length > 0) await session.query(`ALTER ROLE ${attributes[1]} WITH ${kept.join(' ')}`);
    if (!isSuperuser)
      result.withheld.push(
        ...words
          .filter((word) => POWERS.has(word))
          .map((word) => `${word} of ${unquote(attributes[1] ?? '')}`),
      );
  }
  const membership = new RegExp(
    `^GRANT ${NAME} TO ${NAME}(?: WITH [A-Z, ]+?)?(?: GRANTED BY ${NAME})?$`,
  ).exec(statement);
  if (membership?.[2] !== undefined && result.created.includes(unquote(membership[2]))) {
    await session.query(statement.replace(new RegExp(` GRANTED BY ${NAME}$`), ''));
  }
}
