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
