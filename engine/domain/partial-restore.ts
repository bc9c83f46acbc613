import { oneLine, type TocEntry } from './archive-toc.ts';
import type { ManifestTable } from './manifest.ts';

/**
 * Foreign keys of a table whose rows are in the set to one whose rows are not: they can't hold after a restore. A key of a table
 * without rows always holds. An entry of a key depends on its table and on the unique index it points to, which depends on the
 * other table; its line begins with its own table.
 */
export function unrestorableForeignKeys(toc: readonly TocEntry[], tables: readonly ManifestTable[]): TocEntry[] {
  const byId = new Map(toc.map((entry) => [entry.dumpId, entry]));
  const hasRows = new Map(
    tables.map(({ oid, rows, kind }) => [oid, kind === 'partitioned' ? hasPartitionRows(oid, tables) : rows !== null]),
  );
  return toc.filter((entry) => {
    if (entry.type !== 'FK CONSTRAINT') return false;
    const behind = tablesBehind(entry, byId);
    const own = tables.find(
      ({ schema, name, oid }) => behind.includes(oid) && entry.rest.startsWith(`${oneLine(schema)} ${oneLine(name)} `),
    );
    if (own !== undefined && hasRows.get(own.oid) === false) return false;
    const known = behind.map((oid) => hasRows.get(oid));
    return known.includes(false) && known.includes(true);
  });
}

function hasPartitionRows(oid: number, tables: readonly ManifestTable[]): boolean {
  return tables.some((table) => table.partitionOf === oid && (table.rows !== null || hasPartitionRows(table.oid, tables)));
}

function tablesBehind(entry: TocEntry, byId: ReadonlyMap<number, TocEntry>): number[] {
  return entry.dependsOn.flatMap((id) => {
    const other = byId.get(id);
    if (other === undefined) return [];
    return other.type === 'TABLE' ? [other.oid] : tablesBehind(other, byId);
  });
}
