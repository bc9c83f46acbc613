import type { TocEntry, TocTable } from './archive-toc.ts';
import { indexToc, type TocIndex, tableOfKey } from './foreign-key-entry.ts';

const PG_CLASS = 1259;

/** What belongs to a table and goes where it goes. */
const BELONGING = new Set([
  'DEFAULT',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'INDEX',
  'INDEX ATTACH',
  'TRIGGER',
  'RULE',
  'POLICY',
  'ROW SECURITY',
  'STATISTICS',
  'ACL',
  'COMMENT',
  'SECURITY LABEL',
  'SEQUENCE OWNED BY',
  'TABLE ATTACH',
  'PUBLICATION TABLE',
]);

export interface TableChoice {
  tables: readonly TocTable[];
  /** Every table of the set, so that "users log" is not taken for "users". */
  all: readonly TocTable[];
}

/**
 * The entries that make these tables with all that belongs to them: keys, indexes, defaults and their sequences, identity,
 * triggers, policies, grants, comments. `pg_restore --table` alone loses them. A foreign key of another table that points here
 * stays with the other table.
 */
export function entriesOfTables(
  toc: readonly TocEntry[],
  { tables, all }: TableChoice,
): TocEntry[] {
  const chosen = new Set<number>();
  for (const table of tables)
    for (const entry of toc) if (isTable(entry, table)) chosen.add(entry.dumpId);
  addOwnedSequences(toc, chosen);
  const byId = indexToc(toc);
  for (let before = -1; before !== chosen.size; ) {
    before = chosen.size;
    for (const entry of toc)
      if (belongsTo(entry, { chosen, tables, all, byId })) chosen.add(entry.dumpId);
  }
  return toc.filter(({ dumpId }) => chosen.has(dumpId));
}

function isTable(entry: TocEntry, { oid }: TocTable): boolean {
  return entry.type === 'TABLE' && entry.catalogOid === PG_CLASS && entry.oid === oid;
}

/** A serial column's sequence is owned by its table; an identity column's comes after it. */
function addOwnedSequences(toc: readonly TocEntry[], chosen: Set<number>): void {
  const sequences = new Set(
    toc.filter(({ type }) => type === 'SEQUENCE').map(({ dumpId }) => dumpId),
  );
  for (const entry of toc) {
    if (entry.type === 'SEQUENCE OWNED BY' && entry.dependsOn.some((id) => chosen.has(id))) {
      for (const id of entry.dependsOn) if (sequences.has(id)) chosen.add(id);
    }
    if (entry.type === 'SEQUENCE' && entry.dependsOn.some((id) => chosen.has(id)))
      chosen.add(entry.dumpId);
  }
}

interface ChoiceSoFar extends TableChoice {
  chosen: ReadonlySet<number>;
  byId: TocIndex;
}

function belongsTo(entry: TocEntry, { chosen, tables, all, byId }: ChoiceSoFar): boolean {
  if (chosen.has(entry.dumpId) || !BELONGING.has(entry.type)) return false;
  if (!entry.dependsOn.some((id) => chosen.has(id))) return false;
  if (entry.type === 'TABLE ATTACH' || entry.type === 'INDEX ATTACH')
    return entry.dependsOn.every((id) => chosen.has(id));
  if (entry.type !== 'FK CONSTRAINT') return true;
  const own = tableOfKey(entry, { tables: all, byId });
  return tables.some(({ oid }) => oid === own?.oid);
}

/** Types that stand on their own or belong to another table, and are lost with a table that was dropped with CASCADE. */
const OF_OTHERS = new Set(['FK CONSTRAINT', 'VIEW', 'MATERIALIZED VIEW', 'TABLE ATTACH']);

/** What depends on the chosen entries and was not chosen: keys of other tables, views, the place in a partitioned table. */
export function entriesOfOthers(toc: readonly TocEntry[], chosen: readonly TocEntry[]): TocEntry[] {
  const ids = new Set(chosen.map(({ dumpId }) => dumpId));
  const tables = new Set(
    chosen
      .filter(({ type }) => type === 'TABLE' || type === 'CONSTRAINT')
      .map(({ dumpId }) => dumpId),
  );
  return toc.filter(
    ({ type, dumpId, dependsOn }) =>
      OF_OTHERS.has(type) && !ids.has(dumpId) && dependsOn.some((id) => tables.has(id)),
  );
}

/** Entries of the data archive that hold the rows of these tables. */
export function rowsOfTables(
  toc: readonly TocEntry[],
  tables: readonly Pick<TocTable, 'oid'>[],
): TocEntry[] {
  const oids = new Set(tables.map(({ oid }) => oid));
  return toc.filter(({ type, oid }) => type === 'TABLE DATA' && oids.has(oid));
}

/**
 * Entries of the data archive that set the values of these sequences, which `entries` of the schema archive make.
 * They carry no oid: schema, name and owner tell them.
 */
export function valuesOfSequences(
  toc: readonly TocEntry[],
  entries: readonly TocEntry[],
): TocEntry[] {
  const sequences = new Set(
    entries.filter(({ type }) => type === 'SEQUENCE').map(({ rest }) => rest),
  );
  return toc.filter(({ type, rest }) => type === 'SEQUENCE SET' && sequences.has(rest));
}
