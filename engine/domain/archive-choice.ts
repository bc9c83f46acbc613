import { alteredTable } from './archive/altered-table.ts';
import type { TocEntry, TocTable } from './archive-toc.ts';

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

/** Of these, the ones that tie two entries together: both must be made. */
const ATTACHES = new Set(['INDEX ATTACH', 'TABLE ATTACH']);
/** Of these, the ones that depend on the object that they are about, and on no other. */
const DESCRIBES = new Set(['ACL', 'COMMENT', 'SECURITY LABEL']);

export interface TableChoice {
  tables: readonly Pick<TocTable, 'oid'>[];
}

/**
 * The entries that make these tables with all that belongs to them: keys, indexes, defaults and
 * their sequences, identity, triggers, policies, grants, comments. `pg_restore --table` alone loses
 * them. What changes another table or view stays with that one, even where it depends on a chosen
 * table: a foreign key that points here, a policy or rule that reads here, a default that takes
 * its numbers from a sequence of ours.
 */
export function entriesOfTables(toc: readonly TocEntry[], { tables }: TableChoice): TocEntry[] {
  const oids = new Set(tables.map(({ oid }) => oid));
  const made = toc.filter(({ type, catalogOid, oid }) => {
    return type === 'TABLE' && catalogOid === PG_CLASS && oids.has(oid);
  });
  const chosen = new Set(made.map(({ dumpId }) => dumpId));
  for (const { type, dependsOn, dumpId } of toc)
    if (type === 'SEQUENCE' && dependsOn.some((id) => chosen.has(id))) chosen.add(dumpId);
  for (let before = -1; before !== chosen.size; ) {
    before = chosen.size;
    for (const entry of toc) if (belongsTo(entry, { chosen, made })) chosen.add(entry.dumpId);
  }
  return toc.filter(({ dumpId }) => chosen.has(dumpId));
}

interface ChoiceSoFar {
  chosen: ReadonlySet<number>;
  /** The entries of the chosen tables themselves. */
  made: readonly TocEntry[];
}

function belongsTo(entry: TocEntry, { chosen, made }: ChoiceSoFar): boolean {
  if (chosen.has(entry.dumpId) || !BELONGING.has(entry.type)) return false;
  if (ATTACHES.has(entry.type)) return entry.dependsOn.every((id) => chosen.has(id));
  if (!entry.dependsOn.some((id) => chosen.has(id))) return false;
  if (DESCRIBES.has(entry.type)) return true;
  const altered = alteredTable(entry);
  return made.some(({ schema, tag }) => schema === altered?.schema && tag === altered.name);
}

/** Types that stand on their own, and are lost with a table that was dropped with CASCADE. */
const OF_OTHERS = new Set([...BELONGING, 'VIEW', 'MATERIALIZED VIEW']);

/**
 * What depends on the chosen tables and was not chosen: keys, policies, rules and defaults of other
 * tables, views, the place in a partitioned table.
 */
export function entriesOfOthers(toc: readonly TocEntry[], chosen: readonly TocEntry[]): TocEntry[] {
  const ids = new Set(chosen.map(({ dumpId }) => dumpId));
  const made = new Set(
    chosen
      .filter(({ type }) => ['TABLE', 'SEQUENCE', 'CONSTRAINT'].includes(type))
      .map(({ dumpId }) => dumpId),
  );
  return toc.filter(
    ({ type, dumpId, dependsOn }) =>
      OF_OTHERS.has(type) && !ids.has(dumpId) && dependsOn.some((id) => made.has(id)),
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
 * Entries of the data archive that set the values of the sequences which `entries` of the schema
 * archive make. They carry no oid; schema and name are a sequence's identity in its database.
 */
export function valuesOfSequences(
  toc: readonly TocEntry[],
  entries: readonly TocEntry[],
): TocEntry[] {
  const sequences = entries.filter(({ type }) => type === 'SEQUENCE');
  return toc.filter(
    ({ type, schema, tag }) =>
      type === 'SEQUENCE SET' &&
      sequences.some((sequence) => sequence.schema === schema && sequence.tag === tag),
  );
}
