import { runsAfter } from '../config/cron.ts';
import type { ServerSnapshot, SnapshotPair } from './snapshot.ts';
import { isUsable } from './snapshot.ts';

/** For so long a snapshot that could not be taken is tried again; then the next time of the schedule is near enough. */
const SECOND_CHANCE_SECONDS = 6 * 3600;
/** RDS copies twenty at a time into a region, for the whole account. */
export const MOST_COPIES = 10;
/** For so long a release can be undone, by taking the tag off. */
export const UNDO_SECONDS = 7 * 86_400;

/** The newest time of a schedule for which a snapshot is still to be taken. */
export function dueTime(
  { schedule, timezone }: { schedule: string; timezone: string },
  now: Date,
): Date | undefined {
  let due: Date | undefined;
  for (const time of runsAfter(schedule, {
    timezone,
    from: new Date(now.getTime() - SECOND_CHANCE_SECONDS * 1000),
  })) {
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

export interface Removals {
  originals: ServerSnapshot[];
  copies: ServerSnapshot[];
}

/**
 * What was let go long enough ago, where nobody holds the snapshot or its copy. A failed one is good for nothing, and its name is in the
 * way of another: it goes as soon as prune has let it go.
 */
export function snapshotsToRemove(pairs: readonly SnapshotPair[], now: Date): Removals {
  const isOver = ({ releasedAt, status }: ServerSnapshot) =>
    releasedAt !== undefined &&
    (status === 'failed' || releasedAt.getTime() + UNDO_SECONDS * 1000 <= now.getTime());
  const free = pairs.filter(({ own, copy }) => !own?.isHeld && !copy?.isHeld);
  const over = (of: 'own' | 'copy') =>
    free.flatMap(({ [of]: one }) => (one !== undefined && isOver(one) ? [one] : []));
  return { originals: over('own'), copies: over('copy') };
}
