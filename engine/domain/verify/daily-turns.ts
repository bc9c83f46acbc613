import {
  isItsDay,
  type RotatedSet,
  type Rotation,
  runsInCycle,
  type Share,
  waitingSince,
} from './choose-rotation.ts';

const DAY_MS = 86_400_000;

/** The share of the warm sets that the schedule of the stack reads each day. */
export const DAILY_SHARE: Share = { parts: 1, of: 30 };

/**
 * The sets that one of the daily runs starts to read, which does not learn in time what came of each. Where a try leaves its mark, the
 * queue alone decides. A set whose tries leave none, because its task is killed or lacks a right, would stay at its front, so that:
 *
 * - for each set that is late, one that is not late is read in addition;
 * - a set that is late by half a cycle is also read on its own day, wherever it stands in the queue.
 */
export function dailyTurns<T extends RotatedSet>(
  { newestProven, queue, quota, undated, cold }: Rotation<T>,
  { share, now }: { share: Share; now: Date },
): T[] {
  const cycle = runsInCycle(share);
  const daysWaited = (set: T) => (now.getTime() - waitingSince(set)) / DAY_MS;
  const isLate = (set: T) => daysWaited(set) > cycle + 1;
  const front = queue.slice(0, quota);
  const behind = queue.slice(quota);
  const inTime = behind.filter((set) => !isLate(set)).slice(0, front.filter(isLate).length);
  const stranded = behind.filter(
    (set) => daysWaited(set) > 1.5 * cycle && isItsDay(set, { share, now }),
  );
  return [...newestProven, ...front, ...inTime, ...stranded, ...undated, ...cold];
}
