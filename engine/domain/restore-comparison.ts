import type { ManifestTable } from './manifest.ts';
import { showTable, type TableName } from './table-name.ts';

export interface TableComparison extends TableName {
  expected: number;
  /** Undefined when the table is not there. */
  found: number | undefined;
  isEqual: boolean;
}

/** Rows of each table that the manifest counted against what a count of the restored tables found. */
export function compareRows(tables: readonly ManifestTable[], found: readonly (TableName & { rows: number })[]): TableComparison[] {
  const counts = new Map(found.map((table) => [JSON.stringify([table.schema, table.name]), table.rows]));
  return tables.flatMap(({ schema, name, rows }) => {
    if (rows === null) return [];
    const restored = counts.get(JSON.stringify([schema, name]));
    return [{ schema, name, expected: rows, found: restored, isEqual: restored === rows }];
  });
}

/** For people: the tables that differ, the first few of them. */
export function describeDifferences(comparison: readonly TableComparison[]): string | undefined {
  const different = comparison.filter(({ isEqual }) => !isEqual);
  if (different.length === 0) return undefined;
  const shown = different.slice(0, 5).map((table) => `${showTable(table)} has ${table.found ?? 'no table, not'} of ${table.expected} rows`);
  return `${shown.join(', ')}${different.length > 5 ? ` and ${different.length - 5} more tables` : ''}`;
}
