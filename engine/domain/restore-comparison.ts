import type { ManifestTable } from './manifest.ts';
import { showTable, type TableName } from './table-name.ts';

export interface TableComparison extends TableName {
  expected: number;
  /** Undefined when the table is not there. */
  found: number | undefined;
  isEqual: boolean;
}

type CountedTable = TableName & { rows: number };

/**
 * Rows of each table that the manifest counted against what a count of the restored tables found. Partitions are equal when their
 * topmost table is: hash partitions of an enum spread their rows anew in every database (pg_dump, "load via partition root").
 */
export function compareRows(
  tables: readonly ManifestTable[],
  found: readonly CountedTable[],
): TableComparison[] {
  const counts = new Map(found.map((table) => [keyOf(table), table.rows]));
  const restoredOf = (table: TableName) => counts.get(keyOf(table));
  const spread = rootsWithEqualSums(tables, restoredOf);
  return tables.flatMap((table) => {
    const { schema, name, rows } = table;
    if (rows === null) return [];
    const restored = restoredOf(table);
    const isSpread = restored !== undefined && spread.has(rootOf(table, tables).oid);
    return [
      { schema, name, expected: rows, found: restored, isEqual: restored === rows || isSpread },
    ];
  });
}

/** Partitioned tables whose partitions have together as many rows as in the backup. */
function rootsWithEqualSums(
  tables: readonly ManifestTable[],
  restoredOf: (table: TableName) => number | undefined,
): Set<number> {
  const differences = new Map<number, number>();
  for (const table of tables) {
    if (table.rows === null || table.partitionOf === undefined) continue;
    const { oid } = rootOf(table, tables);
    differences.set(
      oid,
      (differences.get(oid) ?? 0) + table.rows - (restoredOf(table) ?? Number.NaN),
    );
  }
  return new Set([...differences].filter(([, difference]) => difference === 0).map(([oid]) => oid));
}

function rootOf(table: ManifestTable, tables: readonly ManifestTable[]): ManifestTable {
  const parent = tables.find(({ oid }) => oid === table.partitionOf);
  return parent === undefined ? table : rootOf(parent, tables);
}

function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}

/** For people: the tables that differ, the first few of them. */
export function describeDifferences(comparison: readonly TableComparison[]): string | undefined {
  const different = comparison.filter(({ isEqual }) => !isEqual);
  if (different.length === 0) return undefined;
  const shown = different
    .slice(0, 5)
    .map(
      (table) =>
        `${showTable(table)} has ${table.found ?? 'no table, not'} of ${table.expected} rows`,
    );
  return `${shown.join(', ')}${different.length > 5 ? ` and ${different.length - 5} more tables` : ''}`;
}
