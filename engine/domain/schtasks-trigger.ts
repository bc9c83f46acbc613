import type { CronFields } from '../config/cron-fields.ts';
import { HoldfastError } from '../errors.ts';

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/**
 * Arguments of schtasks.exe for a cron expression: daily, weekly, monthly, or every so many minutes or hours.
 * @throws HoldfastError CONFIG_INVALID with the nearest expression that can be had.
 */
export function schtasksTrigger(expression: string, fields: CronFields): string[] {
  const { minutes, hours, daysOfMonth, months, daysOfWeek, isAnyDayOfMonth, isAnyDayOfWeek } =
    fields;
  const isDaily = isAnyDayOfMonth && isAnyDayOfWeek && months.length === 12;
  const start = clock(hours[0] ?? 0, minutes[0] ?? 0);
  const isOnce = minutes.length === 1 && hours.length === 1;
  if (isOnce && isDaily) return ['/SC', 'DAILY', '/ST', start];
  if (isOnce && isAnyDayOfMonth && months.length === 12)
    return ['/SC', 'WEEKLY', '/D', daysOfWeek.map((day) => DAYS[day]).join(','), '/ST', start];
  if (isOnce && isAnyDayOfWeek && daysOfMonth.length === 1) {
    const only = months.length === 12 ? '*' : months.map((month) => MONTHS[month - 1]).join(',');
    return ['/SC', 'MONTHLY', '/D', String(daysOfMonth[0]), '/M', only, '/ST', start];
  }
  const minuteStep = stepOf(minutes, 60);
  const hourStep = stepOf(hours, 24);
  if (isDaily && minutes.length === 1 && hourStep !== undefined)
    return ['/SC', 'HOURLY', '/MO', String(hourStep), '/ST', start];
  if (isDaily && hours.length === 24 && minuteStep !== undefined)
    return ['/SC', 'MINUTE', '/MO', String(minuteStep), '/ST', start];
  throw notExpressible(expression, nearest(fields));
}

/** How far apart values lie that go round evenly, such as 0, 15, 30, 45 of 60. */
function stepOf(values: readonly number[], round: number): number | undefined {
  const step = round / values.length;
  const [first = 0] = values;
  const isEven =
    values.length > 1 &&
    first < step &&
    values.every((value, index) => value === first + index * step);
  return isEven ? step : undefined;
}

/** Every day or on the same days of the week, at the first time; a day of the month where only one is named first. */
function nearest({
  minutes,
  hours,
  daysOfMonth,
  daysOfWeek,
  isAnyDayOfMonth,
  isAnyDayOfWeek,
}: CronFields): string {
  const time = `${minutes[0]} ${hours[0]}`;
  if (!isAnyDayOfWeek) return `${time} * * ${daysOfWeek.join(',')}`;
  return isAnyDayOfMonth ? `${time} * * *` : `${time} ${daysOfMonth[0]} * *`;
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

function notExpressible(expression: string, alternative: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `schtasks can not express the schedule "${expression}"`,
    hint: `It takes one time of the day daily, on days of the week or on one day of the month, or every so many minutes or hours. Nearest: "${alternative}".`,
  });
}
