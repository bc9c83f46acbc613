import type { CatalogEntry } from '../set-state.ts';

/** Ids of the sets of the same database that are newer and SUSPECT, the newest first. */
export function newerSuspects(
  { id, database }: Pick<CatalogEntry, 'id' | 'database'>,
  seen: readonly CatalogEntry[],
): string[] {
  const newer = seen.filter(
    (one) => one.database === database && one.id > id && one.state === 'SUSPECT' && !one.isReleased,
  );
  return [...new Set(newer.map((one) => one.id))].sort().reverse();
}
