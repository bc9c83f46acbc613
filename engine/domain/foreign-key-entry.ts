import type { TocEntry, TocTable } from './archive-toc.ts';

/** Entries by their dump id. */
export type TocIndex = ReadonlyMap<number, TocEntry>;

export function indexToc(toc: readonly TocEntry[]): TocIndex {
  return new Map(toc.map((entry) => [entry.dumpId, entry]));
}

/**
 * The tables that an entry depends on. That of a foreign key depends on its own table and on the unique index it points to, which
 * depends on the other table.
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

/** The own table of a foreign key: its line begins with schema and table, and the longest that fits is meant: `users log` is not `users`. */
export function tableOfKey<T extends TocTable>(
  entry: TocEntry,
  { tables, byId }: KeyOptions<T>,
): T | undefined {
  const behind = new Set(tablesBehind(entry, byId).map(({ oid }) => oid));
  const prefixOf = ({ schema, name }: TocTable) => `${oneLine(schema)} ${oneLine(name)} `;
  const fitting = tables.filter(
    (table) => behind.has(table.oid) && entry.rest.startsWith(prefixOf(table)),
  );
  return fitting.sort((one, other) => prefixOf(other).length - prefixOf(one).length)[0];
}

/** pg_restore --list writes a space for a line break in a name. */
function oneLine(name: string): string {
  return name.replace(/[\r\n]/g, ' ');
}
