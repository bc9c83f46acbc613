import type { TocEntry } from '../archive-toc.ts';

/** What gives the name of the database, and what a link from a database to itself is written with. */
const OWN_NAME = /\bcurrent_(?:database|catalog)\b|\binformation_schema\b|\bdbname\b/i;

/**
 * Whether values may depend on the name of the database: a materialized view, a check or a function
 * asks for it, or a foreign server leads back to it. Such a set has to be restored under the name
 * that the database has in the end.
 */
export function asksForOwnName(toc: readonly Pick<TocEntry, 'type' | 'definition'>[]): boolean {
  return toc.some(({ type, definition }) => !/^DATABASE/.test(type) && OWN_NAME.test(definition));
}

/** Materialized views that were filled while the database had another name. */
export function filledUnderOtherName(
  toc: readonly Pick<TocEntry, 'type' | 'definition'>[],
): string[] {
  if (!asksForOwnName(toc)) return [];
  return toc
    .filter(({ type }) => type === 'MATERIALIZED VIEW DATA')
    .map(({ definition }) => definition.trim());
}
