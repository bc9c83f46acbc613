import { runsAfter } from '../config/cron.ts';
import type { ServerSnapshot, SnapshotPair } from './snapshot.ts';
import { isUsable } from './snapshot.ts';

/** For so long a snapshot that could not be taken is tried again; then the next time of the schedule is near enough. */
export const SECOND_CHANCE_SECONDS = 6 * 3600;
/** RDS copies twenty at a time into a region, for the whole account. */
export const MOST_COPIES = 10;
/** For so long a release can be undone, by taking the tag off. */
export const UNDO_SECONDS = 7 * 86_400;

/** The newest time of a schedule for which a snapshot is still to be taken. */
export function dueTime({ schedule, timezone }: { schedule: string; timezone: string }, now: Date): Date | undefined {
  let due: Date | undefined;
  for (const time of runsAfter(schedule, { timezone, from: new Date(now.getTime() - SECOND_CHANCE_SECONDS * 1000) })) {
    if (time > now) break;
    due = time;
  }
  return due;
}

/** The youngest first, as many as there is room for; what is about to be let go is not worth a copy. */
export function copiesToMake(pairs: readonly SnapshotPair[], now: Date): ServerSnapshot[] {
  const running = pairs.filter(({ copy }) => copy?.status === 'creating').length;
  return pairs
    .filter(({ copy, terms }) => copy === undefined && terms.keepUntil > now)
    .flatMap(({ own }) => (isUsable(own) ? [own] : []))
    .reverse()
    .slice(0, Math.max(0, MOST_COPIES - running));
}

/** What was let go long enough ago. A failed one is good for nothing, and in the way of a second try. */
export function snapshotsToRemove(snapshots: readonly ServerSnapshot[], now: Date): ServerSnapshot[] {
  const isOver = ({ releasedAt, status, isHeld }: ServerSnapshot) =>
    !isHeld && releasedAt !== undefined && (status === 'failed' || releasedAt.getTime() + UNDO_SECONDS * 1000 <= now.getTime());
  return snapshots.filter(isOver);
}
