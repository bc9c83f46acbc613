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
    const own = ownTable(
      entry,
      tables.filter(({ oid }) => behind.includes(oid)),
    );
    if (own !== undefined && hasRows.get(own.oid) === false) return false;
    const known = behind.map((oid) => hasRows.get(oid));
    return known.includes(false) && known.includes(true);
  });
}

/** The one with the longest name that the line begins with: `users log` is not `users`. */
function ownTable({ rest }: TocEntry, candidates: readonly ManifestTable[]): ManifestTable | undefined {
  const prefixOf = ({ schema, name }: ManifestTable) => `${oneLine(schema)} ${oneLine(name)} `;
  const fitting = candidates.filter((table) => rest.startsWith(prefixOf(table)));
  return fitting.sort((one, other) => prefixOf(other).length - prefixOf(one).length)[0];
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
