import { showTable, type TableName } from '../table-name.ts';

/** A configuration table of an extension, with the rows that a dump takes of it. */
export interface ExtensionTable extends TableName {
  extension: string;
  /** Which rows are not the extension's own: `WHERE id > 100`; empty for all. */
  condition: string;
  rows: number;
}

/**
 * What differs, for people. An extension may write to its tables by itself, and another version of it
 * may call other rows its own: a difference is worth a look and is no failure.
 */
export function extensionDifferences(
  expected: readonly ExtensionTable[],
  found: readonly ExtensionTable[],
): string[] {
  return expected.flatMap((table) => {
    const { schema, name, extension, condition, rows } = table;
    const twin = found.find((one) => one.schema === schema && one.name === name);
    if (twin !== undefined && (twin.condition !== condition || twin.rows === rows)) return [];
    const has = twin === undefined ? 'is not there' : `has ${twin.rows} rows of its own`;
    return [
      `look at table ${showTable(table)} of extension ${extension}: it ${has}, the backup has ${rows}`,
    ];
  });
}
