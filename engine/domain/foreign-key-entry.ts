import { alteredTable } from './archive/altered-table.ts';
import type { TocEntry, TocTable } from './archive-toc.ts';

/** Entries by their dump id. */
export type TocIndex = ReadonlyMap<number, TocEntry>;

export function indexToc(toc: readonly TocEntry[]): TocIndex {
  return new Map(toc.map((entry) => [entry.dumpId, entry]));
}

/**
 * The tables that an entry depends on. That of a foreign key depends on its own table and on the
 * unique index it points to, which depends on the other table.
 */
export function tablesBehind(entry: TocEntry, byId: TocIndex): TocEntry[] {
  return entry.dependsOn.flatMap((id) => {
    const other = byId.get(id);
    if (other === undefined) return [];
    return other.type === 'TABLE' ? [other] : tablesBehind(other, byId);
  });
}

export interface KeyOptions<T> {
  /** Every table of the set. */
  tables: readonly T[];
  byId: TocIndex;
}

/** The table that has a foreign key: the one that its SQL alters. */
export function tableOfKey<T extends Pick<TocTable, 'oid'>>(
  entry: TocEntry,
  { tables, byId }: KeyOptions<T>,
): T | undefined {
  const altered = alteredTable(entry);
  const own = tablesBehind(entry, byId).find(
    ({ schema, tag }) => schema === altered?.schema && tag === altered.name,
  );
  return tables.find(({ oid }) => oid === own?.oid);
}
