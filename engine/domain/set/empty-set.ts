import { isWholeDatabase, totalRows, type UnsealedLogical } from '../manifest.ts';

type Comparable = Pick<
  UnsealedLogical,
  'id' | 'kind' | 'plan' | 'database' | 'selection' | 'tables'
>;

/**
 * Whether a backup holds nothing: no table with a row and no large object. A backup of nothing proves nothing; mostly it is of the
 * wrong database, or of one that was emptied. Older manifests don't count large objects, so nothing is said of them.
 */
export function isEmptySet(
  manifest: Pick<UnsealedLogical, 'tables' | 'selection' | 'largeObjects'>,
): boolean {
  const rows = totalRows(manifest);
  return manifest.selection.contents !== 'schema' && rows === 0 && manifest.largeObjects === 0;
}

export const HOLDS_NOTHING = 'it holds no row and no large object';

/** Whether a set should have the tables that an earlier one had: both are whole, or their plan and what they were to hold are the same. */
export function isComparable(set: Comparable, earlier: Comparable): boolean {
  if (set.database !== earlier.database) return false;
  if (isWholeDatabase(set) && isWholeDatabase(earlier)) return true;
  const wish = ({ selection }: Comparable) => JSON.stringify(selection);
  return set.plan === earlier.plan && wish(set) === wish(earlier);
}

/** A clause where a set has none of the tables of the earlier one, as when another database has taken its name; else null. */
export function lostTables(set: Comparable, earlier: Comparable): string | null {
  const nameOf = ({ schema, name }: { schema: string; name: string }) =>
    JSON.stringify([schema, name]);
  const names = new Set(set.tables.map(nameOf));
  const { tables } = earlier;
  if (tables.length === 0 || tables.some((table) => names.has(nameOf(table)))) return null;
  const count = tables.length === 1 ? 'the one table' : `any of the ${tables.length} tables`;
  return `it does not have ${count} of the set before it, ${earlier.id}`;
}
