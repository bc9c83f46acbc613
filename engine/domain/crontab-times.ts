import type { CronFields } from '../config/cron-fields.ts';

/**
 * A cron expression that the cron of every machine reads as we do. They take a day field that begins with a star for one that says
 * nothing, so a step of all days beside a day of the week would narrow it instead of adding to it, and names are for some of them
 * not for lists: such fields are written out as numbers.
 */
export function crontabTimes(expression: string, fields: CronFields): string {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = expression
    .trim()
    .split(/\s+/);
  const areBothGiven = !fields.isAnyDayOfMonth && !fields.isAnyDayOfWeek;
  const plain = (field: string, values: readonly number[], isStarPlain: boolean) =>
    /[a-z]/i.test(field) || (field.includes('*') && !isStarPlain) ? values.join(',') : field;
  return [
    minute,
    hour,
    plain(dayOfMonth, fields.daysOfMonth, !areBothGiven),
    plain(month, fields.months, true),
    plain(dayOfWeek, fields.daysOfWeek, !areBothGiven),
  ].join(' ');
}
