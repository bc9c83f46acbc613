import { isUtf8 } from 'node:buffer';
import { HoldfastError } from '../errors.ts';
import { type Session, sqlStateOf } from './session.ts';

/**
 * A text of a catalog that all databases of a server share (names of roles, comments on them). The
 * server keeps its bytes and not the encoding of the database in which it was made ("Character Set
 * Support"), so bytes that are UTF-8 are read as UTF-8, in a database of LATIN1 too, as pg_dumpall
 * and psql do by the database `postgres`. Other bytes are in the encoding of this database.
 * Undefined where they are in neither.
 */
export async function readSharedText(
  session: Session,
  { bytes, encoding }: { bytes: Buffer; encoding: string },
): Promise<string | undefined> {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  if (encoding === 'SQL_ASCII') return undefined;
  try {
    const { text } = await session.queryOne<{ text: string }>(
      'SELECT pg_catalog.convert_from($1, $2) AS text',
      [bytes, encoding],
    );
    return text;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * The names of roles that a query selects as `name`, in an order of bytes.
 * @throws HoldfastError SOURCE_UNFIT where a name is in no encoding that is known.
 */
export async function readRoleNames(session: Session, query: string): Promise<string[]> {
  const { encoding } = await session.queryOne<{ encoding: string }>(
    "SELECT pg_catalog.current_setting('server_encoding') AS encoding",
  );
  const names: string[] = [];
  for (const bytes of await namesOf(session, query)) {
    const name = await readSharedText(session, { bytes, encoding });
    if (name === undefined) throw unreadable({ bytes, encoding });
    names.push(name);
  }
  return names;
}

/** The names of a server's roles, as a database of this encoding has them; others are passed over. */
export async function existingRoles(
  session: Session,
  { encoding }: { encoding: string },
): Promise<string[]> {
  const names: string[] = [];
  for (const bytes of await namesOf(session, 'SELECT rolname AS name FROM pg_catalog.pg_roles')) {
    const name = await readSharedText(session, { bytes, encoding });
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** By a cast, which checks no encoding: a server refuses to convert bytes that are not in its own. */
async function namesOf(session: Session, query: string): Promise<Buffer[]> {
  const rows = await session.query<{ bytes: Buffer }>(
    String.raw`SELECT pg_catalog.replace(name::text, '\', '\\')::bytea AS bytes
      FROM (${query}) roles ORDER BY 1`,
  );
  return rows.map(({ bytes }) => bytes);
}

function unreadable({ bytes, encoding }: { bytes: Buffer; encoding: string }): HoldfastError {
  const name = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '?');
  return new HoldfastError({
    code: 'SOURCE_UNFIT',
    message: `the name of role ${name} is neither UTF-8 nor ${encoding}`,
    hint: 'Rename the role with psql, with the client_encoding and the database in which it was made.',
  });
}
