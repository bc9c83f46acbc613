import type { CronFields } from '../config/cron-fields.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * The times of a cron expression as systemd.time(7) has them; together the lines name what the expression names. There are two where
 * both the day of the month and the day of the week are restricted, because cron takes either and OnCalendar only what is both.
 */
export function onCalendarLines(
  fields: CronFields,
  { timezone }: { timezone: string | undefined },
): string[] {
  const { isAnyDayOfMonth, isAnyDayOfWeek } = fields;
  const months = list(fields.months, 12);
  const dates = `*-${months}-${list(fields.daysOfMonth, 31)}`;
  const days = weekdays(fields.daysOfWeek);
  const rest = `${list(fields.hours, 24)}:${list(fields.minutes, 60)}:00${timezone === undefined ? '' : ` ${timezone}`}`;
  const ofWeek = `${days}*-${months}-* ${rest}`;
  if (isAnyDayOfWeek) return [`${dates} ${rest}`];
  return isAnyDayOfMonth ? [ofWeek] : [`${dates} ${rest}`, ofWeek];
}

/** Single moments, as further lines of the same timer. */
export function onCalendarMoments(moments: readonly Date[]): string[] {
  return moments.map((moment) => `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`);
}

/** systemd's week begins on Monday, and a range may not go over its end. */
function weekdays(days: readonly number[]): string {
  if (days.length === 7) return '';
  const ofWeek = days.map((day) => (day === 0 ? 7 : day)).sort((one, other) => one - other);
  return `${ranges(ofWeek, (day) => WEEKDAYS[day - 1] ?? '')} `;
}

function list(values: readonly number[], all: number): string {
  return values.length === all ? '*' : ranges(values, (value) => String(value).padStart(2, '0'));
}

/** Values as they stand, three or more that follow each other as a range. */
function ranges(values: readonly number[], show: (value: number) => string): string {
  const parts: string[] = [];
  for (let start = 0; start < values.length; ) {
    let end = start;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    const run = values.slice(start, end + 1).map(show);
    parts.push(...(run.length < 3 ? run : [`${run[0]}..${run.at(-1)}`]));
    start = end + 1;
  }
  return parts.join(',');
}
