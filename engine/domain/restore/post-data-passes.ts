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

const REMARKS = new Set(['COMMENT', 'SECURITY LABEL']);

/** Entries that several jobs may restore at a time, one pass after the other. */
export interface PostDataPass {
  entries: TocEntry[];
  isAlone: boolean;
}

/**
 * The post-data entries in the order that pg_restore has with a single job, where several jobs would
 * not keep it. A foreign key is checked before row-level security is enabled, which would refuse
 * that check to the owner of the table. Event triggers come last and alone: others would meet them.
 */
export function postDataPasses(toc: readonly TocEntry[]): PostDataPass[] {
  const triggers = toc.filter(isOfEventTrigger);
  const others = toc.filter((entry) => !isOfEventTrigger(entry));
  const hasSecurity = others.some(({ type }) => type === 'ROW SECURITY');
  const first = hasSecurity ? withRemarks(others, ({ type }) => OVER_ROWS.has(type)) : new Set();
  const isFirst = ({ dumpId }: TocEntry) => first.has(dumpId);
  return [
    ...attachedOneByOne(others.filter(isFirst)),
    ...attachedOneByOne(others.filter((entry) => !isFirst(entry))),
    { entries: triggers, isAlone: true },
  ].filter(({ entries }) => entries.length > 0);
}

/**
 * A comment has no section of its own: pg_restore takes that of the entry before it in the list. So
 * it has to stay behind its object, or no pass restores it.
 */
function withRemarks(
  toc: readonly TocEntry[],
  isChosen: (entry: TocEntry) => boolean,
): Set<number> {
  const chosen = new Set(toc.filter(isChosen).map(({ dumpId }) => dumpId));
  for (const { dumpId, type, dependsOn } of toc)
    if (REMARKS.has(type) && dependsOn.some((id) => chosen.has(id))) chosen.add(dumpId);
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

/** Also what is said about one. */
function isOfEventTrigger({ type, tag }: TocEntry): boolean {
  return (
    type === 'EVENT TRIGGER' ||
    ((type === 'COMMENT' || type === 'SECURITY LABEL') && tag.startsWith('EVENT TRIGGER '))
  );
}
