import { MAX_CLOCK_SKEW_SECONDS } from '../../contract.ts';
import { HoldfastError } from '../../errors.ts';
import { parseBasicTime } from '../backup-id.ts';

/** Whether the clock was wrong when the set was taken, or is now. */
export function isOfFuture({ id }: { id: string }, now: Date): boolean {
  const startedAt = parseBasicTime(id);
  const latest = now.getTime() + MAX_CLOCK_SKEW_SECONDS * 1000;
  return startedAt !== undefined && startedAt.getTime() > latest;
}

/**
 * A set from the future would be the latest one for ever. Whether it or the newest of the past is
 * later is not known, so a person has to say which one is meant.
 * @throws HoldfastError SET_AMBIGUOUS.
 */
export function assertNotOfFuture(
  { id, database }: { id: string; database: string },
  now: Date,
): void {
  if (!isOfFuture({ id }, now)) return;
  throw new HoldfastError({
    code: 'SET_AMBIGUOUS',
    message: `set ${id} of ${database} has a time in the future, so it is not known which set is the latest`,
    hint: 'Correct the clock of this machine if it is behind. If it is right, the clock was wrong when the set was taken: name a set by its id (`holdfast list`).',
  });
}
