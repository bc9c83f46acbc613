import { quoteTable } from '../domain/table-name.ts';
import type { Relation } from './relations.ts';
import type { Session } from './session.ts';

/** Tables a transaction: each keeps the locks of a table and its indexes until it ends. */
const TABLES_A_TRANSACTION = 100;

export interface CountOptions {
  /** Id of an exported snapshot, or undefined for the present. */
  snapshot?: string;
  signal: AbortSignal;
}

/**
 * Exact rows of each plain table, by its oid. `FROM ONLY`, so that a parent doesn't count the rows of its children.
 * One session, one table after the other: it reads beside the dump and must not take the server over.
 */
export async function countRows(
  session: Session,
  relations: readonly Relation[],
  { snapshot, signal }: CountOptions,
): Promise<Map<number, number>> {
  const tables = relations.filter(({ kind }) => kind === 'table');
  const counts = new Map<number, number>();
  for (let start = 0; start < tables.length; start += TABLES_A_TRANSACTION) {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (snapshot !== undefined)
      await session.query(`SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", "''")}'`);
    for (const batch of batches(tables.slice(start, start + TABLES_A_TRANSACTION))) {
      signal.throwIfAborted();
      await countBatch(session, batch, counts);
    }
    await session.query('COMMIT');
  }
  return counts;
}

async function countBatch(
  session: Session,
  batch: readonly Relation[],
  counts: Map<number, number>,
): Promise<void> {
  const selects = batch.map(
    (table) =>
      `SELECT ${table.oid} AS oid, pg_catalog.count(*) AS rows FROM ONLY ${quoteTable(table)}`,
  );
  for (const { oid, rows } of await session.query<{ oid: number; rows: string }>(
    selects.join(' UNION ALL '),
  ))
    counts.set(Number(oid), Number(rows));
}

/** Small tables go together, a large one alone, so that an abort never waits for a whole database. */
function* batches(tables: readonly Relation[]): Generator<Relation[]> {
  let batch: Relation[] = [];
  for (const table of tables) {
    batch.push(table);
    if (table.bytes > 1024 * 1024 || batch.length >= 50) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
