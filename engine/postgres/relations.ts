import { quoteForShell } from '../domain/command-quoting.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import { findNamedTables, type TableInTree } from '../domain/named-tables.ts';
import { quoteTable, showTable, type TableName } from '../domain/table-name.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { HoldfastError } from '../errors.ts';
import type { Session } from './session.ts';

/** A table as the catalog has it: a plain table (also a leaf partition), or a partitioned one, which holds no rows itself. */
export interface Relation extends TableName {
  oid: number;
  kind: ManifestTable['kind'];
  partitionOf: number | undefined;
  /** Its rows are on the primary only. */
  isUnlogged: boolean;
  /** Bytes of its main fork, for the order of work; 0 where nobody asked. */
  bytes: number;
}

export interface ListOptions {
  /** Reading a size takes the table's lock for a moment, and waits for whoever holds it. */
  withSizes?: boolean;
}

/** Schemas that no dump holds. */
export const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/** What CREATE EXTENSION made: pg_dump leaves it to the extension. */
export const NOT_OF_EXTENSION =
  "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')";

/** Every table that pg_dump would dump rows of, in the order of their names. */
export async function listRelations(
  session: Session,
  { withSizes = true }: ListOptions = {},
): Promise<Relation[]> {
  const size = withSizes
    ? "CASE c.relkind WHEN 'r' THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END"
    : '0';
  const rows = await session.query<{
    oid: string;
    schema: string;
    name: string;
    relkind: string;
    parent: string | null;
    unlogged: boolean;
    bytes: string;
  }>(`
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind, i.inhparent AS parent, c.relpersistence = 'u' AS unlogged,
           ${size} AS bytes
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${USER_SCHEMA} AND ${NOT_OF_EXTENSION}
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`);
  return rows.map((row) => ({
    schema: row.schema,
    name: row.name,
    oid: Number(row.oid),
    kind: row.relkind === 'p' ? 'partitioned' : 'table',
    partitionOf: row.parent === null ? undefined : Number(row.parent),
    isUnlogged: row.unlogged,
    bytes: Number(row.bytes ?? 0),
  }));
}

/** Whether two listings are the same tables. */
export function isSameRelations(one: readonly Relation[], other: readonly Relation[]): boolean {
  const shape = (relations: readonly Relation[]) =>
    JSON.stringify(
      relations.map(({ oid, schema, name, kind, partitionOf }) => [
        oid,
        schema,
        name,
        kind,
        partitionOf,
      ]),
    );
  return shape(one) === shape(other);
}

function namesTwo({ name, tables }: { name: string; tables: readonly TableName[] }) {
  const each = tables.map(
    (table) =>
      `${quoteForShell(quoteTable(table))} for table ${table.name} in schema ${table.schema}`,
  );
  return new HoldfastError({
    code: 'USAGE',
    message: `${name} names ${tables.length} tables: ${tables.map(quoteTable).join(' and ')}`,
    hint: `Write ${each.join(', or ')}.`,
  });
}

function* namesOf(relations: readonly TableInTree[]): Generator<string> {
  for (const relation of relations) {
    yield relation.name;
    yield showTable(relation);
  }
}

/** The tables that people named, each with its partitions. @throws HoldfastError NOTHING_TO_DUMP that lists every name without a table. */
export function selectRelations<T extends TableInTree>(
  relations: readonly T[],
  names: readonly string[],
): T[] {
  const { tables, missing, ambiguous } = findNamedTables(relations, names);
  const [first] = ambiguous;
  if (first !== undefined) throw namesTwo(first);
  if (missing.length === 0) return tables;
  throw new HoldfastError({
    code: 'NOTHING_TO_DUMP',
    message: `there is no table ${missing.join(', ')}`,
    hint: `${didYouMean(missing[0] ?? '', namesOf(relations))}Write it as name or schema.name, in double quotes where the name itself has a dot. There are: ${relations.slice(0, 12).map(showTable).join(', ')}${relations.length > 12 ? ', …' : ''}`,
  });
}
