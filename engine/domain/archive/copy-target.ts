import type { TableName } from '../table-name.ts';
import { sqlTokens } from './sql-tokens.ts';

/** Where a COPY statement of a dump puts rows. */
export interface CopyTarget {
  table: TableName;
  /** `(a, "b c")`; empty for a table without columns. */
  columns: string;
}

/**
 * Table and columns of `COPY schema.table (column, ...) FROM stdin;`, as pg_dump writes it. The table
 * of a partition's rows may be the partitioned one.
 */
export function copyTargetOf(statement: string): CopyTarget | undefined {
  const [copy, schema, dot, name, open, ...rest] = sqlTokens(statement);
  if (copy?.text !== 'COPY' || schema === undefined || dot?.text !== '.' || name === undefined)
    return undefined;
  const table = { schema: schema.text, name: name.text };
  if (open?.text !== '(') return { table, columns: '' };
  const close = rest.find(({ text, depth }) => text === ')' && depth === 0);
  return close && { table, columns: statement.slice(open.start, close.end) };
}
