import { runsAfter } from '../config/cron.ts';
import { parseCronFields } from '../config/cron-fields.ts';
import { wallClock } from '../config/time-zone.ts';

const YEARS_AHEAD = 5;
const YEAR_MS = 366 * 86_400_000;
/** A schedule with more times a day misses little when the clock jumps over one of them. */
const FEW_TIMES = 4;

export interface JumpOptions {
  timezone: string | undefined;
  from: Date;
}

/**
 * Runs of the next five years whose time the clock jumps over, such as 02:30 on the last Sunday of March: they are due when it has
 * jumped. systemd would leave them out.
 */
export function runsJumpedOver(expression: string, { timezone, from }: JumpOptions): Date[] {
  const { hours, minutes } = parseCronFields(expression);
  if (timezone === undefined || timezone === 'UTC' || hours.length * minutes.length > FEW_TIMES)
    return [];
  const end = from.getTime() + YEARS_AHEAD * YEAR_MS;
  const clock = wallClock(timezone);
  const jumped: Date[] = [];
  for (const run of runsAfter(expression, { timezone, from })) {
    if (run.getTime() > end) break;
    const { hour, minute } = clock(run);
    if (!hours.includes(hour) || !minutes.includes(minute)) jumped.push(run);
  }
  return jumped;
}
