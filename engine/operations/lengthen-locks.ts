import { manifestKey } from '../domain/key.ts';
import { ROLLING_LOCK_DAYS } from '../domain/lock-limit.ts';
import type { RetentionSet } from '../domain/retention-set.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { lockSet } from './lock-set.ts';
import { readPlace } from './prune/read-place.ts';

const DAY_MS = 86_400_000;
/** What stays is locked for so long at least; ROLLING_LOCK_DAYS are twice as much, so that each object costs its requests once in two weeks. */
const AHEAD_DAYS = 14;
/** Sets that are asked about at a time. */
const AT_A_TIME = 8;

export interface LockOptions {
  now: Date;
  signal: AbortSignal;
}

/**
 * Keeps every set that stays locked for at least 14 days ahead, and returns how many sets it locked. What the store says of the
 * manifest decides, never a mark: Object Lock may have been switched on after a set became CHECKED. That is one request a day for
 * each set, and of those that are locked a listing and two for each object, every two weeks at most. A store without locks costs one request a run, a folder none.
 * @throws HoldfastError ACCESS_DENIED where the store has locks and does not tell of them.
 */
export async function lengthenLocks(
  repository: Repository,
  sets: readonly RetentionSet[],
  options: LockOptions,
): Promise<number> {
  const waiting = sets.values();
  const counts = { locked: 0, 'left alone': 0, 'no locks': 0 };
  const failures: unknown[] = [];
  const isOver = () => failures.length > 0 || options.signal.aborted || counts['no locks'] > 0;
  const work = async () => {
    for (const set of waiting) {
      await lockOne(repository, set, options).then(
        (outcome) => {
          counts[outcome] += 1;
        },
        (error: unknown) => {
          failures.push(error);
        },
      );
      if (isOver()) return;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  options.signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return counts.locked;
}

type Outcome = 'locked' | 'left alone' | 'no locks';

async function lockOne(
  repository: Repository,
  set: RetentionSet,
  { now }: LockOptions,
): Promise<Outcome> {
  const before = await lockedUntil(repository, manifestKey(set));
  if (before === undefined) return 'no locks';
  if (before !== null && before.getTime() >= now.getTime() + AHEAD_DAYS * DAY_MS)
    return 'left alone';
  const place = await readPlace(repository, set);
  if (place?.hasManifest !== true) return 'left alone';
  const keys = place.objects.map(({ key }) => key);
  await lockSet(repository, { keys, until: new Date(now.getTime() + ROLLING_LOCK_DAYS * DAY_MS) });
  return 'locked';
}

async function lockedUntil(repository: Repository, key: string): Promise<Date | null | undefined> {
  return repository.lockedUntil(key).catch((error: unknown) => {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return null;
    throw error;
  });
}
