import { quoteIdentifier } from '../table-name.ts';

/** What a statement about a database gives it; decides when it is run. */
export type PropertyKind = 'setting' | 'description' | 'owner' | 'grant' | 'limit';

/** One statement of pg_dump about a database itself, without the name that it has in the dump. */
export interface DatabaseStatement {
  kind: PropertyKind;
  /** For people, without any value: a setting may hold a secret. */
  what: string;
  /** The statement for a database of this name. */
  forDatabase(name: string): string;
}

const NAME = `(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`;

const FORMS: readonly [PropertyKind, string][] = [
  ['setting', `ALTER ROLE ${NAME} IN DATABASE`],
  ['description', 'COMMENT ON DATABASE'],
  ['description', `SECURITY LABEL FOR ${NAME} ON DATABASE`],
  ['grant', '(?:GRANT|REVOKE) .+? ON DATABASE'],
  ['setting', 'ALTER DATABASE'],
];

/** Owner and limits are written as ALTER DATABASE too, but are no settings. */
const OTHER_CLAUSES: readonly [PropertyKind, RegExp][] = [
  ['owner', /^ OWNER TO /],
  ['limit', /^ (?:WITH )?(?:CONNECTION LIMIT|IS_TEMPLATE|ALLOW_CONNECTIONS)\b/],
];

/** The statements about the database among those of a script that `pg_restore --create` writes. */
export function databaseStatements(statements: readonly string[]): DatabaseStatement[] {
  return statements.flatMap((statement) => asGrantor(statement) ?? aboutDatabase(statement) ?? []);
}

function aboutDatabase(statement: string): DatabaseStatement | undefined {
  for (const [form, start] of FORMS) {
    const match = new RegExp(`^(${start} )${NAME}( .+)$`, 's').exec(statement);
    if (match === null) continue;
    const [, head = '', tail = ''] = match;
    const kind = OTHER_CLAUSES.find(([, clause]) => clause.test(tail))?.[0] ?? form;
    return {
      kind: form === 'setting' ? kind : form,
      what: describe({ kind: form === 'setting' ? kind : form, head, tail }),
      forDatabase: (name) => `${head}${quoteIdentifier(name)}${tail}`,
    };
  }
  return undefined;
}

/** pg_dump lets another role than the owner grant what that role granted. */
function asGrantor(statement: string): DatabaseStatement | undefined {
  if (!/^(?:SET SESSION AUTHORIZATION .+|RESET SESSION AUTHORIZATION)$/s.test(statement))
    return undefined;
  return { kind: 'grant', what: statement, forDatabase: () => statement };
}

interface Parts {
  kind: PropertyKind;
  head: string;
  tail: string;
}

function describe({ kind, head, tail }: Parts): string {
  if (kind === 'setting') {
    const role = new RegExp(`^ALTER ROLE (${NAME})`).exec(head)?.[1];
    const name = new RegExp(`^ SET (${NAME}(?:\\.${NAME})*)`).exec(tail)?.[1] ?? 'unknown';
    return role === undefined ? `setting ${name}` : `setting ${name} of role ${role} in it`;
  }
  if (kind === 'description') return head.startsWith('COMMENT') ? 'comment' : 'security label';
  if (kind === 'grant') return `${head.trim().replace(/ ON DATABASE$/, '')}${tail}`;
  return tail
    .trim()
    .replace(/ TO | = /, ' ')
    .toLowerCase();
}
