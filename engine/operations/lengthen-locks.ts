import { MANIFEST_NAME } from '../contract.ts';
import type { Place } from '../domain/inventory.ts';
import type { RetentionSet } from '../domain/retention-set.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';

const DAY_MS = 86_400_000;
/** What stays is locked for so long at least. */
const AHEAD_DAYS = 14;
/** Locked for so long when it is, so that each object costs its requests once in two weeks. */
const LOCK_DAYS = 28;

export interface LockOptions {
  now: Date;
  placeOf: (set: RetentionSet) => Place | undefined;
}

/**
 * Keeps every set that stays locked for at least 14 days ahead, and returns how many sets it locked. A set that verify locked to a
 * `keepUntil` which is farther off costs nothing; any other costs one request a day for its manifest, which is locked last and so
 * speaks for the rest, and two for each of its objects every two weeks. A store without locks costs three requests a run.
 */
export async function lengthenLocks(repository: Repository, sets: readonly RetentionSet[], options: LockOptions): Promise<number> {
  let locked = 0;
  for (const set of sets.filter((one) => mayEndSoon(one, options))) {
    const isLocked = await lockOne(repository, options.placeOf(set), options);
    if (isLocked === undefined) return locked;
    if (isLocked) locked += 1;
  }
  return locked;
}

/** CHECKED means that every object was locked to the `keepUntil` of the manifest. */
function mayEndSoon({ marks, terms }: RetentionSet, { now }: LockOptions): boolean {
  const isChecked = marks.some(({ mark }) => mark === 'checked');
  return !isChecked || terms === undefined || terms.keepUntil.getTime() < now.getTime() + AHEAD_DAYS * DAY_MS;
}

/** @returns undefined where the store knows no locks. */
async function lockOne(repository: Repository, place: Place | undefined, { now }: LockOptions): Promise<boolean | undefined> {
  const keys = place?.objects.map(({ key }) => key) ?? [];
  const manifest = keys.find((key) => key.endsWith(`/${MANIFEST_NAME}`));
  if (manifest === undefined) return false;
  const before = await lockedUntil(repository, manifest);
  if (before !== null && before.getTime() >= now.getTime() + AHEAD_DAYS * DAY_MS) return false;
  const until = new Date(now.getTime() + LOCK_DAYS * DAY_MS);
  await repository.lockUntil(
    keys.filter((key) => key !== manifest),
    until,
  );
  await repository.lockUntil([manifest], until);
  return (await lockedUntil(repository, manifest)) === null ? undefined : true;
}

async function lockedUntil(repository: Repository, key: string): Promise<Date | null> {
  return repository.inspect(key).then(
    (condition) => condition.lockedUntil,
    (error: unknown) => {
      if (isHoldfastError(error, 'OBJECT_MISSING')) return null;
      throw error;
    },
  );
}
