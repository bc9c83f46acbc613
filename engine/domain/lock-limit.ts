const DAY_SECONDS = 86_400;

/** prune locks what stays for so long, whatever its plan, and again before that is over. */
export const ROLLING_LOCK_DAYS = 28;

/** For how many seconds a set of this plan may be locked when it is checked or copied. */
export type LockLimit = (plan: string) => number;

/** A plan's own keep, in seconds; of a plan that is not there, no longer than prune locks. */
export function lockLimitOf(keeps: ReadonlyMap<string, number>): LockLimit {
  return (plan) => Math.max(keeps.get(plan) ?? 0, ROLLING_LOCK_DAYS * DAY_SECONDS);
}

/** The longest of all limits, in whole days. */
export function longestLockDays(keeps: Iterable<number>): number {
  return Math.max(
    ROLLING_LOCK_DAYS,
    ...[...keeps].map((seconds) => Math.ceil(seconds / DAY_SECONDS)),
  );
}

/**
 * Until when a set is locked: its keep is what its manifest says, and whoever makes sets makes their manifests. A lock for ever would be
 * paid for for ever, and in mode `compliance` nobody could lift it.
 */
export function lockEnd(
  keepUntil: Date,
  { now, limitSeconds }: { now: Date; limitSeconds: number },
): Date {
  return new Date(Math.min(keepUntil.getTime(), now.getTime() + limitSeconds * 1000));
}
