import { longestGapSeconds } from '../config/cron.ts';
import { type DatabaseConfig, isDrilledMonthly } from '../config/database-schema.ts';

/** When the stack drills every database that it backs up, in UTC. */
export const DRILL_SCHEDULE = '17 3 5 * *';

const DAY = 86_400;

/** Proofs that are good for less than the time between two drills: out of date each month before the next one comes. */
export function drillMistakes(
  databases: readonly [string, Pick<DatabaseConfig, 'drill'>][],
  now: Date,
): string[] {
  const gap = longestGapSeconds(DRILL_SCHEDULE, { timezone: 'UTC', from: now });
  const short = databases.filter(([, { drill }]) => isDrilledMonthly(drill) && drill.maxAge <= gap);
  return short.map(
    ([name, { drill }]) =>
      `databases.${name}.drill.maxAge: is ${days(drill.maxAge)} days, and the stack drills once a month, up to ${days(gap)} days apart: it would always warn`,
  );
}

function days(seconds: number): number {
  return Math.round((seconds / DAY) * 10) / 10;
}
