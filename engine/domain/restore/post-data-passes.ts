import { isRemark, strayComments } from '../archive/sections.ts';
import type { TocEntry } from '../archive-toc.ts';

/** What is built over rows, and checks them. */
const OVER_ROWS = new Set([
  'INDEX',
  'INDEX ATTACH',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'STATISTICS',
]);

/** What pg_restore does last of all with one job, too: grants, and what may need them. */
const LATE = new Set(['ACL', 'DEFAULT ACL', 'MATERIALIZED VIEW DATA', 'STATISTICS DATA']);

/** Entries that several jobs may restore at a time, one pass after the other. */
export interface PostDataPass {
  entries: TocEntry[];
  isAlone: boolean;
}

/**
 * The entries after the rows in the order that pg_restore has with a single job, where several jobs
 * would not keep it. A foreign key is checked before row-level security is enabled, which would
 * refuse that check to the owner of the table. The states of triggers that partitions have from
 * their parents come after the triggers themselves; pg_dump orders both by names and not by what
 * they need. Event triggers come last and alone: others would meet them.
 */
export function postDataPasses(toc: readonly TocEntry[]): PostDataPass[] {
  const strays = strayComments(toc);
  const kinds = Map.groupBy(toc, (entry) => {
    if (isOfEventTrigger(entry)) return 'trigger';
    return LATE.has(entry.type) || strays.has(entry.dumpId) ? 'late' : 'other';
  });
  const others = kinds.get('other') ?? [];
  const hasSecurity = others.some(({ type }) => type === 'ROW SECURITY');
  const first = hasSecurity ? withRemarks(others, ({ type }) => OVER_ROWS.has(type)) : new Set();
  const isFirst = ({ dumpId }: TocEntry) => first.has(dumpId);
  const states = withRemarks(others, isStateOfTrigger);
  const isState = ({ dumpId }: TocEntry) => states.has(dumpId);
  return [
    ...attachedOneByOne(others.filter(isFirst)),
    ...attachedOneByOne(others.filter((entry) => !isFirst(entry) && !isState(entry))),
    { entries: others.filter(isState), isAlone: false },
    { entries: kinds.get('late') ?? [], isAlone: false },
    { entries: kinds.get('trigger') ?? [], isAlone: true },
  ].filter(({ entries }) => entries.length > 0);
}

/** A comment comes back in the pass of its object. */
function withRemarks(
  toc: readonly TocEntry[],
  isChosen: (entry: TocEntry) => boolean,
): Set<number> {
  const chosen = new Set(toc.filter(isChosen).map(({ dumpId }) => dumpId));
  for (const entry of toc.filter(isRemark))
    if (entry.dependsOn.some((id) => chosen.has(id))) chosen.add(entry.dumpId);
  return chosen;
}

/**
 * The index of a partitioned table becomes valid when the last index of its partitions is attached.
 * Where partitions have partitions, two attachments at the same time don't see each other, and the
 * index above stays invalid for ever: so each comes alone, and what needs them comes after them.
 */
function attachedOneByOne(entries: readonly TocEntry[]): PostDataPass[] {
  const attachments = entries.filter(({ type }) => type === 'INDEX ATTACH');
  const attached = new Set(attachments.map(({ dumpId }) => dumpId));
  const after = new Set<number>();
  for (const { dumpId, dependsOn } of entries)
    if (!attached.has(dumpId) && dependsOn.some((id) => attached.has(id) || after.has(id)))
      after.add(dumpId);
  const before = entries.filter(({ dumpId }) => !attached.has(dumpId) && !after.has(dumpId));
  return [
    { entries: before, isAlone: false },
    { entries: attachments, isAlone: true },
    { entries: entries.filter(({ dumpId }) => after.has(dumpId)), isAlone: false },
  ];
}

/** `ALTER TABLE ... DISABLE TRIGGER` of a trigger that its table has from another one. */
function isStateOfTrigger({ type, definition }: TocEntry): boolean {
  return type === 'TRIGGER' && /^\s*ALTER /.test(definition);
}

/** Also what is said about one. */
function isOfEventTrigger({ type, tag }: TocEntry): boolean {
  return type === 'EVENT TRIGGER' || (isRemark({ type }) && tag.startsWith('EVENT TRIGGER '));
}
