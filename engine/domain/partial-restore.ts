import type { TocEntry } from './archive-toc.ts';
import { indexToc, tableOfKey, tablesBehind } from './foreign-key-entry.ts';
import type { ManifestTable } from './manifest.ts';

/**
 * Foreign keys of a table whose rows are in the set to one whose rows are not: they can't hold after a restore. A key of a table
 * without rows always holds.
 */
export function unrestorableForeignKeys(
  toc: readonly TocEntry[],
  tables: readonly ManifestTable[],
): TocEntry[] {
  const byId = indexToc(toc);
  const hasRows = new Map(
    tables.map(({ oid, rows, kind }) => [
      oid,
      kind === 'partitioned' ? hasPartitionRows(oid, tables) : rows !== null,
    ]),
  );
  return toc.filter((entry) => {
    if (entry.type !== 'FK CONSTRAINT') return false;
    const own = tableOfKey(entry, { tables, byId });
    if (own !== undefined && hasRows.get(own.oid) === false) return false;
    const known = tablesBehind(entry, byId).map(({ oid }) => hasRows.get(oid));
    return known.includes(false) && known.includes(true);
  });
}

function hasPartitionRows(oid: number, tables: readonly ManifestTable[]): boolean {
  return tables.some(
    (table) =>
      table.partitionOf === oid && (table.rows !== null || hasPartitionRows(table.oid, tables)),
  );
}
