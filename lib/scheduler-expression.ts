import type { CronFields } from '../engine/config/cron-fields.ts';

/**
 * A cron expression in the dialect of EventBridge Scheduler; together the expressions name what the five fields name. There are two
 * where both the day of the month and the day of the week are restricted, because cron takes either and Scheduler takes only one of them.
 * A time that both name starts one run: the second finds the execution of the first.
 */
export function schedulerExpressions(fields: CronFields): string[] {
  const { isAnyDayOfMonth, isAnyDayOfWeek } = fields;
  const ofMonth = cron(fields, { days: list(fields.daysOfMonth, 31), weekdays: '?' });
  const ofWeek = cron(fields, {
    days: '?',
    weekdays: list(numberedFromSunday(fields.daysOfWeek), 7),
  });
  if (isAnyDayOfWeek) return [ofMonth];
  return isAnyDayOfMonth ? [ofWeek] : [ofMonth, ofWeek];
}

function cron(
  { minutes, hours, months }: CronFields,
  { days, weekdays }: { days: string; weekdays: string },
): string {
  return `cron(${list(minutes, 60)} ${list(hours, 24)} ${days} ${list(months, 12)} ${weekdays} *)`;
}

/** Scheduler's week goes from 1, Sunday, to 7, Saturday. */
function numberedFromSunday(days: readonly number[]): number[] {
  return days.map((day) => day + 1);
}

/** Ranges keep the expression below the 256 characters that Scheduler takes. */
function list(values: readonly number[], all: number): string {
  if (values.length === all) return '*';
  const parts: string[] = [];
  for (let start = 0; start < values.length; ) {
    let end = start;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    parts.push(
      end - start < 2 ? values.slice(start, end + 1).join(',') : `${values[start]}-${values[end]}`,
    );
    start = end + 1;
  }
  return parts.join(',');
}
