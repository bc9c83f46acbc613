import { quoteTable, type TableName } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

/** What belongs to a table of the target. */
export interface TableShape {
  constraints: readonly Named[];
  indexes: readonly Named[];
  /** Columns GENERATED AS IDENTITY. */
  identities: readonly string[];
}

export interface Named {
  name: string;
  /** As the server writes it, without the name: `PRIMARY KEY (id)`, `ON public.t USING btree (a)`. */
  definition: string;
}

/** Undefined where the target has no such table. */
export async function readShape(
  session: Session,
  table: TableName,
): Promise<TableShape | undefined> {
  const [found] = await session.query<{ oid: string | null }>(
    'SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::text AS oid',
    [quoteTable(table)],
  );
  if (found === undefined || found.oid === null) return undefined;
  const constraints = await session.query<{ name: string; definition: string }>(
    `SELECT conname AS name, pg_catalog.pg_get_constraintdef(oid) AS definition
     FROM pg_catalog.pg_constraint WHERE conrelid = $1`,
    [found.oid],
  );
  const indexes = await session.query<{ name: string; definition: string }>(
    `SELECT c.relname AS name, pg_catalog.regexp_replace(
       pg_catalog.pg_get_indexdef(c.oid), '^.*? ON ', 'ON ') AS definition
     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = $1 AND i.indisvalid`,
    [found.oid],
  );
  const identities = await session.query<{ name: string }>(
    `SELECT attname AS name FROM pg_catalog.pg_attribute
     WHERE attrelid = $1 AND attidentity <> '' AND NOT attisdropped`,
    [found.oid],
  );
  return { constraints, indexes, identities: identities.map(({ name }) => name) };
}
