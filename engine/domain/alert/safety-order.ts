import { isUsable } from '../set/evaluate-marks.ts';
import type { CatalogEntry } from '../set-state.ts';

/**
 * The sets of a database that may be what is still safe, the best first: proven ones, then the other good ones, each the newest
 * first. Whether one lies there whole is for its manifest to say.
 */
export function safetyOrder<T>(
  candidates: readonly T[],
  { database, entryOf }: { database: string; entryOf: (candidate: T) => CatalogEntry },
): T[] {
  const isProven = (one: T) => entryOf(one).state === 'PROVEN';
  const usable = candidates
    .filter((one) => entryOf(one).database === database && isUsable(entryOf(one)))
    .toSorted((one, other) => (entryOf(one).id < entryOf(other).id ? 1 : -1));
  return [...usable.filter(isProven), ...usable.filter((one) => !isProven(one))];
}
