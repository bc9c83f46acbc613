import { quoteIdentifier } from '../domain/table-name.ts';
import { USER_SCHEMA } from './relations.ts';
import { type Session, sqlStateOf } from './session.ts';

export interface WidestValue {
  schema: string;
  table: string;
  /** As it is stored, compressed or not. */
  bytes: number;
  /** False where it took too long to look, or was not allowed: then it is a bound. */
  isExact: boolean;
}

/** Smaller values are no concern of anybody's memory. */
export const WIDE_BYTES = 16 * 1024 * 1024;
/** PostgreSQL's own limit of a value. */
const LARGEST_VALUE = 1024 ** 3;
/** TOAST_MAX_CHUNK_SIZE of blocks of 8 kB. */
const CHUNK_BYTES = 1996;
const LOOKED_AT = 10;
const PATIENCE = '3s';

/**
 * The widest value that is stored out of line, of the tables that could hold one of 16 MB: a value there is as many chunks as the
 * index of the TOAST table says. @returns undefined where no table could hold one.
 */
export async function readWidestValue(session: Session): Promise<WidestValue | undefined> {
  const tables = await session.query<{
    schema: string;
    table: string;
    toast: string;
    size: string;
  }>(
    `SELECT n.nspname AS schema, c.relname AS table, t.relname AS toast,
            pg_catalog.pg_relation_size(t.oid) AS size
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
     WHERE c.relkind IN ('r', 'm') AND ${USER_SCHEMA} AND pg_catalog.pg_relation_size(t.oid) > $1
     ORDER BY 4 DESC LIMIT ${LOOKED_AT}`,
    [WIDE_BYTES],
  );
  const found: WidestValue[] = [];
  for (const { schema, table, toast, size } of tables) {
    const chunks = await countChunks(session, toast);
    const bytes = chunks === undefined ? Number(size) : chunks * CHUNK_BYTES;
    const isExact = chunks !== undefined;
    found.push({ schema, table, bytes: Math.min(bytes, LARGEST_VALUE), isExact });
  }
  return found.toSorted((one, other) => other.bytes - one.bytes)[0];
}

/** Undefined where it takes too long (57014) or this role may not look (42501). */
async function countChunks(session: Session, toast: string): Promise<number | undefined> {
  await session.query('BEGIN READ ONLY');
  try {
    await session.query(`SET LOCAL statement_timeout = '${PATIENCE}'`);
    const { chunks } = await session.queryOne<{ chunks: number | null }>(
      `SELECT pg_catalog.max(chunk_seq) + 1 AS chunks FROM pg_toast.${quoteIdentifier(toast)}`,
    );
    return chunks ?? 0;
  } catch (error) {
    if (/^(57014|42501)$/.test(sqlStateOf(error) ?? '')) return undefined;
    throw error;
  } finally {
    await session.query('ROLLBACK');
  }
}
