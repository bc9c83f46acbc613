import {
  type LogicalManifest,
  type ManifestTable,
  plaintextBytes,
  storedBytes,
  totalRows,
} from '../manifest.ts';
import type { TableName } from '../table-name.ts';

/** Rows of a topmost table, with those of all its partitions. */
export interface TableRows extends TableName {
  oid: number;
  rows: number;
}

/** The numbers by which a set is compared with earlier ones; a manifest of 5,000 tables need not stay in memory. */
export interface SetMeasures {
  id: string;
  /** Oids mean the same tables only within one database of one server. */
  origin: string;
  schemaHash: string;
  /** Null where the set holds no rows. */
  rows: number | null;
  plaintextBytes: number;
  storedBytes: number;
  dumpSeconds: number | null;
  tables: readonly TableRows[];
  /** Oids of partitions: a table that became one has not vanished. */
  partitions: ReadonlySet<number>;
}

export function measureSet(manifest: LogicalManifest): SetMeasures {
  const { id, source, schemaHash, selection, seconds, tables } = manifest;
  return {
    id,
    origin: JSON.stringify([source.systemIdentifier, source.databaseOid]),
    schemaHash,
    rows: selection.contents === 'schema' ? null : totalRows(manifest),
    plaintextBytes: plaintextBytes(manifest),
    storedBytes: storedBytes(manifest),
    dumpSeconds: seconds.dump ?? null,
    tables: topmostTables(tables),
    partitions: new Set(
      tables.filter(({ partitionOf }) => partitionOf !== undefined).map(({ oid }) => oid),
    ),
  };
}

/**
 * Partitions come and go each day, so their rows count at the topmost table. Tables whose rows were
 * not dumped are left out.
 */
function topmostTables(tables: readonly ManifestTable[]): TableRows[] {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const sums = new Map<number, TableRows>();
  for (const table of tables) {
    if (table.rows === null) continue;
    const { oid, schema, name } = topmostOf(table, byOid);
    const sum = sums.get(oid) ?? { oid, schema, name, rows: 0 };
    sum.rows += table.rows;
    sums.set(oid, sum);
  }
  return [...sums.values(), ...withoutPartitions(tables)];
}

/** PostgreSQL nests partitions a few levels deep; a forged manifest may make a circle of them. */
const MOST_LEVELS = 100;

function topmostOf(table: ManifestTable, byOid: ReadonlyMap<number, ManifestTable>): ManifestTable {
  let topmost = table;
  for (let level = 0; level < MOST_LEVELS; level++) {
    const parent = byOid.get(topmost.partitionOf ?? 0);
    if (parent === undefined) return topmost;
    topmost = parent;
  }
  return table;
}

/** A partitioned table that lost its last partition is there, with no rows. */
function withoutPartitions(tables: readonly ManifestTable[]): TableRows[] {
  const parents = new Set(tables.map(({ partitionOf }) => partitionOf));
  return tables
    .filter(
      ({ kind, oid, partitionOf }) =>
        kind === 'partitioned' && partitionOf === undefined && !parents.has(oid),
    )
    .map(({ schema, name, oid }) => ({ schema, name, oid, rows: 0 }));
}
