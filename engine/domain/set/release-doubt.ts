import { MAX_CLOCK_SKEW_SECONDS } from '../../contract.ts';
import type { MarkedState } from './evaluate-marks.ts';
import type { SetMark } from './mark-name.ts';

/**
 * Why a mark `released` can not be true, as far as that shows without opening it. The last one only makes it doubtful: a store
 * may not have removed what was released.
 */
export type ReleaseDoubt = 'no-successor' | 'within-keep' | 'frozen' | 'ahead' | 'still-there';

export interface ReleaseDoubtOptions {
  /** Whether a younger set of the database was ever CHECKED or PROVEN and is not released. */
  isSucceeded: boolean;
  /** Of the manifest; null where that can't be read. */
  keepUntil: Date | null;
  now: Date;
}

/** Lifecycle rules remove what was released after two days; a folder loses it at once. */
const REMOVED_AFTER_MS = 7 * 86_400_000;

/** Null where the set is not marked as released, is held, or where nothing speaks against the mark. */
export function doubtRelease(
  set: Pick<MarkedState, 'isReleased' | 'isHeld' | 'releasedAt' | 'suspicions'>,
  { isSucceeded, keepUntil, now }: ReleaseDoubtOptions,
): ReleaseDoubt | null {
  const { isReleased, isHeld, releasedAt, suspicions } = set;
  if (!isReleased || isHeld || releasedAt === null) return null;
  if (!isSucceeded) return 'no-successor';
  if (keepUntil !== null && keepUntil > releasedAt) return 'within-keep';
  if (suspicions.some(({ at, isAccepted }) => !isAccepted && at < releasedAt)) return 'frozen';
  if (releasedAt.getTime() > now.getTime() + MAX_CLOCK_SKEW_SECONDS * 1000) return 'ahead';
  return now.getTime() - releasedAt.getTime() > REMOVED_AFTER_MS ? 'still-there' : null;
}

interface SuccessionEntry {
  database: string;
  id: string;
  isReleased: boolean;
  marks: readonly SetMark[];
}

/** Whether a younger set of the database, not released, was ever CHECKED or PROVEN: without one retention releases nothing. */
export function successionOf(
  entries: readonly SuccessionEntry[],
): (set: Pick<SuccessionEntry, 'database' | 'id'>) => boolean {
  const newest = new Map<string, string>();
  for (const { database, id, isReleased, marks } of entries)
    if (!isReleased && marks.some(({ mark }) => mark === 'checked' || mark === 'proven'))
      newest.set(database, id);
  return ({ database, id }) => id < (newest.get(database) ?? '');
}
