import type { ExtensionTable } from '../../domain/restore/extension-tables.ts';
import { quoteTable } from '../../domain/table-name.ts';
import { type Session, sqlStateOf } from '../session.ts';

/**
 * The rows that pg_dump takes of the configuration tables of extensions: those that the condition of
 * the extension (pg_extension_config_dump) does not call its own. Asked inside a transaction.
 */
export async function countExtensionRows(session: Session): Promise<ExtensionTable[]> {
  const tables = await session.query<Omit<ExtensionTable, 'rows'>>(
    `SELECT n.nspname AS schema, c.relname AS name, e.extname AS extension, f.condition
     FROM pg_catalog.pg_extension e
     CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS f(oid, condition)
     JOIN pg_catalog.pg_class c ON c.oid = f.oid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  const counted: ExtensionTable[] = [];
  for (const table of tables) {
    const rows = await countRows(session, table);
    if (rows !== undefined) counted.push({ ...table, rows });
  }
  return counted;
}

/** Undefined where this role may not read the table; that is no reason to fail. */
async function countRows(
  session: Session,
  { condition, ...table }: Omit<ExtensionTable, 'rows'>,
): Promise<number | undefined> {
  await session.query('SAVEPOINT extension_rows');
  try {
    const { rows } = await session.queryOne<{ rows: string }>(
      `SELECT pg_catalog.count(*) AS rows FROM ONLY ${quoteTable(table)} ${condition}`,
    );
    return Number(rows);
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    await session.query('ROLLBACK TO SAVEPOINT extension_rows');
    return undefined;
  }
}
