import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestGapSeconds, runsAfter } from '../../engine/config/cron.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR_MS = 400 * DAY * 1000;

/** Every gap of the 400 days after the first run, one by one. */
function everyGap(
  expression: string,
  { timezone, from }: { timezone: string; from: Date },
): number {
  let [first, previous, longest] = [0, 0, 0];
  for (const run of runsAfter(expression, { timezone, from })) {
    if (previous === 0) first = run.getTime();
    else longest = Math.max(longest, run.getTime() - previous);
    previous = run.getTime();
    if (previous > first + YEAR_MS) break;
  }
  return longest / 1000;
}

describe('the longest gap of a schedule', () => {
  it.each([
    ['nightly', '0 2 * * *', 'UTC', '2026-03-01', 24 * HOUR],
    ['nightly where clocks change', '0 2 * * *', 'Europe/Vienna', '2026-03-01', 25 * HOUR],
    [
      'nightly where clocks change, within the hour that is left out',
      '30 2 * * *',
      'Europe/Vienna',
      '2026-03-01',
      25 * HOUR,
    ],
    ['nightly in the south', '0 3 * * *', 'Pacific/Auckland', '2026-01-01', 25 * HOUR],
    ['nightly where no clock changes', '0 3 * * *', 'Asia/Kolkata', '2026-01-01', 24 * HOUR],
    ['every six hours', '0 */6 * * *', 'UTC', '2026-01-01', 6 * HOUR],
    ['hourly', '0 * * * *', 'UTC', '2026-01-01', HOUR],
    ['every quarter of an hour', '*/15 * * * *', 'UTC', '2026-01-01', 15 * 60],
    ['uneven minutes', '0,50 * * * *', 'UTC', '2026-01-01', 50 * 60],
    [
      'some minutes, where the clock is changed by half an hour',
      '0,2,31 * * * *',
      'Australia/Lord_Howe',
      '2026-01-01',
      30 * 60,
    ],
    ['office hours', '*/5 8-17 * * 1-5', 'UTC', '2026-01-01', (2 * 24 + 14) * HOUR + 5 * 60],
    ['weekly', '0 2 * * 0', 'Europe/Vienna', '2026-01-01', 7 * DAY + HOUR],
    ['twice a month', '0 3 1,15 * *', 'UTC', '2026-01-01', 17 * DAY],
    ['monthly', '0 3 1 * *', 'UTC', '2026-01-01', 31 * DAY],
    ['on the last days that only long months have', '0 3 31 * *', 'UTC', '2026-01-01', 61 * DAY],
    ['yearly', '0 3 1 1 *', 'UTC', '2025-01-02', 365 * DAY],
    ['yearly over a leap day', '0 3 1 1 *', 'UTC', '2027-06-01', 366 * DAY],
    ['on leap days', '0 2 29 2 *', 'UTC', '2026-11-22', (4 * 365 + 1) * DAY],
    [
      'on leap days, around a year that is none',
      '0 2 29 2 *',
      'UTC',
      '2095-01-01',
      (8 * 365 + 1) * DAY,
    ],
    [
      'every minute of a leap day',
      '* * 29 2 *',
      'UTC',
      '2026-11-22',
      (4 * 365 + 1) * DAY - 24 * HOUR + 60,
    ],
    ['by day of month or of week', '0 1 1 * 1', 'UTC', '2026-01-01', 7 * DAY],
  ])('%s: %s (%s)', (_name, expression, timezone, from, seconds) => {
    expect(longestGapSeconds(expression, { timezone, from: new Date(`${from}T00:00:00Z`) })).toBe(
      seconds,
    );
  });

  it('is the one that a walk from run to run finds', () => {
    const numbers = (min: number, max: number) =>
      fc
        .uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 })
        .map((list) => list.join(','));
    const any = fc.constant('*');
    const expressions = fc
      .tuple(
        numbers(0, 59),
        fc.oneof(any, numbers(0, 23)),
        fc.oneof(any, numbers(1, 28)),
        fc.oneof(any, numbers(1, 12)),
        fc.oneof(any, numbers(0, 6)),
      )
      .map((fields) => fields.join(' '));
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Vienna',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
    );
    const days = fc
      .integer({ min: 0, max: 4000 })
      .map((day) => new Date(Date.UTC(2024, 0, 1) + day * DAY * 1000));
    fc.assert(
      fc.property(expressions, zones, days, (expression, timezone, from) => {
        expect(longestGapSeconds(expression, { timezone, from })).toBe(
          everyGap(expression, { timezone, from }),
        );
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
