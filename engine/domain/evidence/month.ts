import { HoldfastError } from '../../errors.ts';

/** A calendar month in UTC. */
export interface Month {
  /** `2026-11` */
  name: string;
  from: Date;
  /** The first moment of the next month. */
  to: Date;
}

/** @throws HoldfastError USAGE where the text is no month. */
export function parseMonth(text: string): Month {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (match !== null) return monthOf(new Date(`${text}-01T00:00:00Z`));
  throw new HoldfastError({
    code: 'USAGE',
    message: `"${text}" is not a month`,
    hint: 'Write the year and the month, such as 2026-11.',
  });
}

/** @throws HoldfastError USAGE where the month has not begun: nothing can be said of it yet. */
export function assertHasBegun({ name, from }: Month, now: Date): void {
  if (from <= now) return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `${name} has not begun yet: it is ${now.toISOString().slice(0, 10)} by the clock of this machine`,
    hint: 'Name a month that is over, or the present one; or set the clock right.',
  });
}

/** The month that a moment lies in. */
export function monthOf(time: Date): Month {
  const [year, month] = [time.getUTCFullYear(), time.getUTCMonth()];
  return {
    name: time.toISOString().slice(0, 7),
    from: new Date(Date.UTC(year, month, 1)),
    to: new Date(Date.UTC(year, month + 1, 1)),
  };
}

export function monthBefore({ from }: Month): Month {
  return monthOf(new Date(from.getTime() - 1));
}

/** Days of the month, from 1. */
export function daysIn({ from, to }: Month): number {
  return Math.round((to.getTime() - from.getTime()) / 86_400_000);
}
