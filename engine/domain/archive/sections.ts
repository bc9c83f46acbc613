import type { TocEntry } from '../archive-toc.ts';

/** Parts of an archive, by the numbers that pg_dump gives them. */
export const SECTION = { none: 1, preData: 2, data: 3, postData: 4 } as const;

/** An entry with its section, which comments, labels and grants do not have. */
export interface SectionedEntry extends TocEntry {
  section: number;
}

/**
 * The definitions that come before the rows. What has no section belongs to the entry before it, as
 * pg_restore has it (`ProcessArchiveRestoreOptions` in pg_backup_archiver.c). Grants are not among
 * them: pg_restore gives them when keys and indexes are there (`RestorePass`), because an index may
 * call a function that its owner must not call. Nor are comments on constraints without an entry of
 * their own: an entry after the rows may make the constraint.
 */
export function definitionsIn<Entry extends SectionedEntry>(toc: readonly Entry[]): Entry[] {
  return splitAtRows(toc).before;
}

/** All others of a schema's archive. */
export function afterRowsIn<Entry extends SectionedEntry>(toc: readonly Entry[]): Entry[] {
  return splitAtRows(toc).after;
}

function splitAtRows<Entry extends SectionedEntry>(toc: readonly Entry[]) {
  const [before, after]: [Entry[], Entry[]] = [[], []];
  const strays = strayComments(toc);
  let section: number = SECTION.preData;
  for (const entry of toc) {
    if (entry.section !== SECTION.none) section = entry.section;
    const isAfter = section === SECTION.postData || isGrant(entry) || strays.has(entry.dumpId);
    (isAfter ? after : before).push(entry);
  }
  return { before, after };
}

export function isGrant({ type }: Pick<TocEntry, 'type'>): boolean {
  return type === 'ACL' || type === 'DEFAULT ACL';
}

/** What is said about an object that another entry makes. */
export function isRemark({ type }: Pick<TocEntry, 'type'>): boolean {
  return type === 'COMMENT' || type === 'SECURITY LABEL';
}

/**
 * Dump ids of comments on constraints that have no entry of their own. A child has the constraint of
 * its parent, and pg_dump says that its comment waits for the child alone
 * (`findDumpableDependencies` in pg_dump.c), though a constraint that is not valid comes after the rows.
 */
export function strayComments(toc: readonly TocEntry[]): Set<number> {
  const constraints = new Set(
    toc.filter(({ type }) => type.endsWith('CONSTRAINT')).map(({ dumpId }) => dumpId),
  );
  const strays = toc.filter(
    ({ type, definition, dependsOn }) =>
      type === 'COMMENT' &&
      definition.startsWith('COMMENT ON CONSTRAINT ') &&
      !dependsOn.some((id) => constraints.has(id)),
  );
  return new Set(strays.map(({ dumpId }) => dumpId));
}
