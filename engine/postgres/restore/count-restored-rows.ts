import { quoteIdentifier, quoteTable } from '../../domain/table-name.ts';
import type { Relation } from '../relations.ts';
import { countRows } from '../row-counts.ts';
import { type Session, sqlStateOf } from '../session.ts';

/** Of a role that may not read a table, and of row-level security that would hide rows from it. */
const REFUSED = '42501';

/**
 * Exact rows of every table that this role has just restored. FORCE ROW LEVEL SECURITY would hide
 * rows from the owner of a table too: its count is taken in a transaction that lifts it and is
 * rolled back. Nobody else works in the database yet.
 */
export async function countRestoredRows(
  session: Session,
  relations: readonly Relation[],
  { signal }: { signal: AbortSignal },
): Promise<Map<number, number>> {
  try {
    return await countRows(session, relations, { signal });
  } catch (error) {
    if (sqlStateOf(error) !== REFUSED) throw error;
    await session.query('ROLLBACK');
  }
  const counts = new Map<number, number>();
  for (const table of relations.filter(({ kind }) => kind === 'table')) {
    signal.throwIfAborted();
    counts.set(table.oid, await countAsOwner(session, table));
  }
  return counts;
}

async function countAsOwner(session: Session, table: Relation): Promise<number> {
  const { owner, isForced } = await session.queryOne<{ owner: string; isForced: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(relowner) AS owner,
            relrowsecurity AND relforcerowsecurity AS "isForced"
     FROM pg_catalog.pg_class WHERE oid = $1`,
    [table.oid],
  );
  const quoted = quoteTable(table);
  await session.query('BEGIN');
  try {
    await session.query(`SET LOCAL ROLE ${quoteIdentifier(owner)}`);
    if (isForced) await session.query(`ALTER TABLE ONLY ${quoted} NO FORCE ROW LEVEL SECURITY`);
    const { rows } = await session.queryOne<{ rows: string }>(
      `SELECT pg_catalog.count(*) AS rows FROM ONLY ${quoted}`,
    );
    return Number(rows);
  } finally {
    await session.query('ROLLBACK');
  }
}
