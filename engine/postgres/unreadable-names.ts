import { HoldfastError } from '../errors.ts';
import type { Session } from './session.ts';

const NAMES: readonly [from: string, name: string][] = [
  ['pg_namespace', 'nspname'],
  ['pg_class', 'relname'],
  ['pg_attribute', 'attname'],
  // Types of tables and of arrays are named after what stands in this list already.
  ["pg_type WHERE typrelid = 0 AND typcategory <> 'A'", 'typname'],
  ['pg_proc', 'proname'],
  ['pg_constraint', 'conname'],
  ['pg_trigger', 'tgname'],
  ['pg_roles', 'rolname'],
];

/** A byte above 127 is \nnn in this form, and a backslash is two. */
const WITH_HIGH_BYTES = String.raw`'(^|[^\\])(\\\\)*\\[0-7]{3}'`;

/**
 * Names that are not UTF-8, as PostgreSQL escapes them. Only a database with the encoding SQL_ASCII,
 * which checks nothing, can have any.
 */
export async function findUnreadableNames(session: Session): Promise<string[]> {
  const { encoding } = await session.queryOne<{ encoding: string }>(
    "SELECT pg_catalog.current_setting('server_encoding') AS encoding",
  );
  if (encoding !== 'SQL_ASCII') return [];
  const branches = NAMES.map(
    ([from, name]) =>
      `SELECT pg_catalog.convert_to(${name}::text, 'SQL_ASCII') AS name FROM pg_catalog.${from}`,
  );
  const rows = await session.query<{ hex: string; escaped: string }>(
    `SELECT DISTINCT pg_catalog.encode(name, 'hex') AS hex, pg_catalog.encode(name, 'escape') AS escaped
     FROM (${branches.join(' UNION ALL ')}) names WHERE pg_catalog.encode(name, 'escape') ~ ${WITH_HIGH_BYTES} ORDER BY 2`,
  );
  return rows.filter(({ hex }) => !isUtf8(hex)).map(({ escaped }) => escaped);
}

function isUtf8(hex: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(hex, 'hex'));
    return true;
  } catch {
    return false;
  }
}

/** @throws HoldfastError SOURCE_UNFIT. */
export async function assertReadableNames(session: Session): Promise<void> {
  const names = await findUnreadableNames(session);
  if (names.length === 0) return;
  throw new HoldfastError({
    code: 'SOURCE_UNFIT',
    message: `${names.length} names in this database (encoding SQL_ASCII) are not UTF-8: ${names.slice(0, 3).join(', ')}`,
    hint: 'Holdfast can not dump them. Rename these tables, columns or roles (psql with the client_encoding that they were made with), or convert the database to UTF8.',
  });
}
