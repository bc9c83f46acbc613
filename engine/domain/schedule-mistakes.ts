import { longestGapSeconds } from '../config/cron.ts';
import { parseCronFields } from '../config/cron-fields.ts';
import { isHoldfastError } from '../errors.ts';
import type { PlanTiming } from './freshness.ts';
import { runsJumpedOver } from './jumped-over.ts';

interface TimedPlan {
  name: string;
  plan: PlanTiming;
}

/** What a plan's times can't be. */
export function scheduleMistakes({ name, plan }: TimedPlan, now: Date): string[] {
  const { schedule, timezone } = plan;
  if (schedule === undefined) return [];
  const unsaid = [...beyondScheduler(schedule), ...unknownZone(timezone)];
  if (unsaid.length > 0) return unsaid.map((mistake) => `plans.${name}.${mistake}`);
  return timeMistakes({ name, plan: { ...plan, schedule } }, now);
}

/** EventBridge Scheduler is told times field by field. */
function beyondScheduler(schedule: string): string[] {
  try {
    parseCronFields(schedule);
    return [];
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return [`schedule: ${error.message}; neither does EventBridge Scheduler. ${error.hint}`];
  }
}

/** Scheduler knows zones by their names in the IANA database, letter for letter. */
function unknownZone(timezone: string): string[] {
  if (/^[+-]/.test(timezone))
    return [
      `timezone: ${timezone} is a distance and no zone; AWS takes names, such as Europe/Vienna`,
    ];
  const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions();
  const isSpelledOtherwise =
    timeZone !== timezone && timeZone.toLowerCase() === timezone.toLowerCase();
  return isSpelledOtherwise ? [`timezone: write ${timeZone}; AWS takes no other spelling`] : [];
}

function timeMistakes(
  { name, plan: { schedule, timezone, maxAge } }: TimedPlan & { plan: { schedule: string } },
  now: Date,
): string[] {
  const gap = longestGapSeconds(schedule, { timezone, from: now });
  const [jumped] = runsJumpedOver(schedule, { timezone, from: now });
  return [
    ...(maxAge !== undefined && maxAge <= gap
      ? [
          `plans.${name}.maxAge: is ${hours(maxAge)}, and the schedule leaves up to ${hours(gap)} between two runs: it would always ring`,
        ]
      : []),
    ...(jumped === undefined
      ? []
      : [
          `plans.${name}.schedule: the clock of ${timezone} jumps over it on ${jumped.toISOString().slice(0, 10)}, and AWS leaves that run out`,
        ]),
  ];
}

function hours(seconds: number): string {
  return `${Math.round((seconds / 3600) * 10) / 10} h`;
}
