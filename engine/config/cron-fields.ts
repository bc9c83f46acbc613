import { HoldfastError } from '../errors.ts';

/** The times that five fields of cron name, each list sorted. */
export interface CronFields {
  minutes: readonly number[];
  hours: readonly number[];
  daysOfMonth: readonly number[];
  months: readonly number[];
  /** 0 is Sunday. */
  daysOfWeek: readonly number[];
  /** The field is a plain `*`: it says nothing, so that the other day field alone decides. */
  isAnyDayOfMonth: boolean;
  isAnyDayOfWeek: boolean;
}

interface FieldRange {
  first: number;
  last: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * The fields of an expression that `cronMistake` let pass. What goes beyond crontab(5) (L, W, #, ?, +) is refused: no scheduler of a
 * machine takes it.
 * @throws HoldfastError CONFIG_INVALID.
 */
export function parseCronFields(expression: string): CronFields {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = expression
    .trim()
    .split(/\s+/);
  const valuesOf = (field: string, range: FieldRange) => fieldValues(field, range, expression);
  const daysOfWeek = valuesOf(dayOfWeek, {
    first: 0,
    last: dayOfWeek.includes('*') ? 6 : 7,
    names: DAYS,
  });
  return {
    minutes: valuesOf(minute, { first: 0, last: 59 }),
    hours: valuesOf(hour, { first: 0, last: 23 }),
    daysOfMonth: valuesOf(dayOfMonth, { first: 1, last: 31 }),
    months: valuesOf(month, { first: 1, last: 12, names: MONTHS }),
    daysOfWeek: sortedSet(daysOfWeek.map((day) => day % 7)),
    isAnyDayOfMonth: dayOfMonth === '*',
    isAnyDayOfWeek: dayOfWeek === '*',
  };
}

function fieldValues(field: string, range: FieldRange, expression: string): number[] {
  return sortedSet(field.split(',').flatMap((part) => partValues(part, range, expression)));
}

const PART = /^(?:(\*)|(\d+|[a-z]{3})(?:-(\d+|[a-z]{3}))?)(?:\/(\d+))?$/i;

function partValues(
  part: string,
  { first, last, names = [] }: FieldRange,
  expression: string,
): number[] {
  const match = PART.exec(part);
  if (match === null) throw beyondCron(part, expression);
  const [, star, low = '', high, step = '1'] = match;
  const number = (text: string) =>
    /^\d/.test(text) ? Number(text) : names.indexOf(text.toLowerCase()) + first;
  const from = star === undefined ? number(low) : first;
  const to = star !== undefined ? last : high === undefined ? from : number(high);
  const values: number[] = [];
  for (let value = from; value <= to; value += Number(step)) values.push(value);
  return values;
}

function sortedSet(values: readonly number[]): number[] {
  return [...new Set(values)].sort((one, other) => one - other);
}

function beyondCron(part: string, expression: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `"${part}" in the schedule "${expression}" goes beyond crontab(5), and no scheduler of this machine takes it`,
    hint: 'Use numbers, names, lists, ranges and steps: "0 2 28 * *" instead of the last day, "0 2 1-7 * *" for the first week.',
  });
}
