import { quoteTable } from '../domain/table-name.ts';
import { listRelations, type Relation } from './relations.ts';
import { type Session, sqlStateOf } from './session.ts';

/** Whether a table has a row, or there is a large object. Looks no further than the first. */
export async function holdsAnything(session: Session): Promise<boolean> {
  const { objects } = await session.queryOne<{ objects: boolean }>(
    'SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS objects',
  );
  if (objects) return true;
  const tables = await listRelations(session, { withSizes: false });
  await session.query("SET lock_timeout = '2s'");
  try {
    return await hasRow(session, tables);
  } catch (error) {
    // Whoever holds a lock works with the table.
    if (sqlStateOf(error) === '55P03') return true;
    throw error;
  } finally {
    await session.query('SET lock_timeout = 0');
  }
}

async function hasRow(session: Session, tables: readonly Relation[]): Promise<boolean> {
  for (const table of tables.filter(({ kind }) => kind === 'table')) {
    const rows = await session.query(`SELECT FROM ONLY ${quoteTable(table)} LIMIT 1`);
    if (rows.length > 0) return true;
  }
  return false;
}
