import { quoteTable, type TableName } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

/**
 * A table as a source of its own rows: those of tables that inherit from it are not its own, those of its partitions are.
 * It goes by what the table is here: it may be partitioned where the set has a plain one.
 */
export async function fromOwnRows(session: Session, table: TableName): Promise<string> {
  const { partitioned } = await session.queryOne<{ partitioned: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class
       WHERE oid = pg_catalog.to_regclass($1) AND relkind = 'p') AS partitioned`,
    [quoteTable(table)],
  );
  return partitioned ? quoteTable(table) : `ONLY ${quoteTable(table)}`;
}

export async function hasOwnRows(session: Session, table: TableName): Promise<boolean> {
  const rows = await fromOwnRows(session, table);
  const { full } = await session.queryOne<{ full: boolean }>(
    `SELECT EXISTS (SELECT FROM ${rows}) AS full`,
  );
  return full;
}
