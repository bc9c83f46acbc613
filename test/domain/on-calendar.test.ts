import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronMistake, runsAfter } from '../../engine/config/cron.ts';
import { parseCronFields } from '../../engine/config/cron-fields.ts';
import { runsJumpedOver } from '../../engine/domain/jumped-over.ts';
import { onCalendarLines, onCalendarMoments } from '../../engine/domain/on-calendar.ts';
import { utcTimes } from '../fixtures/on-calendar-model.ts';
import { hasSystemdAnalyze, systemdTimes } from '../fixtures/systemd-analyze.ts';

const COUNT = 12;
const DAYS = ['sun', 'mon', 'TUE', 'wed', 'thu', 'fri', 'sat'];
const MONTHS = ['jan', 'feb', 'MAR', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Fields with stars, steps, ranges, lists and names, as people write them. */
function field(first: number, last: number, names: readonly string[] = []): fc.Arbitrary<string> {
  const value = fc.integer({ min: first, max: last });
  const shown = value.map((number) => names[number - first] ?? String(number));
  const range = fc
    .tuple(value, value)
    .map((ends) => [...ends].sort((one, other) => one - other).join('-'));
  const step = fc.integer({ min: 2, max: Math.min(last, 12) });
  const part = fc.oneof(
    shown,
    range,
    fc.tuple(range, step).map(([text, by]) => `${text}/${by}`),
  );
  const parts = fc.array(part, { minLength: 1, maxLength: 3 }).map((all) => all.join(','));
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 4, arbitrary: parts },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
  );
}

const expressions = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    field(1, 31),
    field(1, 12, MONTHS),
    field(0, 7, [...DAYS, 'sun']),
  )
  .map((fields) => fields.join(' '))
  .filter((text) => cronMistake(text) === undefined);

const bases = fc
  .date({
    min: new Date('2026-01-01T00:00:00Z'),
    max: new Date('2028-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  .map(toMinute);

function toMinute(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 60_000) * 60_000);
}

function firstRuns(
  expression: string,
  { timezone, from }: { timezone: string; from: Date },
): string[] {
  const runs = runsAfter(expression, { timezone, from });
  return Array.from({ length: COUNT }, () => (runs.next().value as Date).toISOString());
}

function union(times: readonly Date[]): string[] {
  return [...new Set(times.map((time) => time.toISOString()))].sort().slice(0, COUNT);
}

describe('OnCalendar lines', () => {
  it('are two where cron takes either of two days', () => {
    expect(onCalendarLines(parseCronFields('0 2 1,15 * mon'), { timezone: 'UTC' })).toEqual([
      '*-*-01,15 02:00:00 UTC',
      'Mon *-*-* 02:00:00 UTC',
    ]);
  });

  it.each([
    ['0 2 * * *', '*-*-* 02:00:00'],
    ['*/15 * * * *', '*-*-* *:00,15,30,45:00'],
    ['30 1-5 * jan-mar *', '*-01..03-* 01..05:30:00'],
    ['5 4 * * 5-7', 'Fri..Sun *-*-* 04:05:00'],
    ['5 4 29 2 *', '*-02-29 04:05:00'],
  ])('of "%s" are "%s"', (expression, line) => {
    expect(onCalendarLines(parseCronFields(expression), { timezone: undefined })).toEqual([line]);
  });

  it('name the times that the schedule names, in UTC', () => {
    fc.assert(
      fc.property(expressions, bases, (expression, from) => {
        const lines = onCalendarLines(parseCronFields(expression), { timezone: 'UTC' });
        expect(union(lines.flatMap((line) => utcTimes(line, { from, count: COUNT })))).toEqual(
          firstRuns(expression, { timezone: 'UTC', from }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it.skipIf(!hasSystemdAnalyze)(
    'are read by systemd as we mean them',
    () => {
      fc.assert(
        fc.property(expressions, bases, (expression, from) => {
          const lines = onCalendarLines(parseCronFields(expression), { timezone: 'UTC' });
          expect(
            union(lines.flatMap((line) => systemdTimes(line, { from, count: COUNT }))),
          ).toEqual(firstRuns(expression, { timezone: 'UTC', from }));
        }),
        { numRuns: 60 },
      );
    },
    30_000,
  );

  const zones = fc.constantFrom(
    'Europe/Vienna',
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Auckland',
  );
  const daily = fc
    .tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }), field(0, 7))
    .map(([minute, hour, days]) => `${minute} ${hour} * * ${days}`)
    .filter((text) => cronMistake(text) === undefined);
  const nearJumps = fc
    .constantFrom(
      '2027-03-12',
      '2027-03-26',
      '2027-04-02',
      '2027-09-23',
      '2027-10-29',
      '2027-11-05',
    )
    .map((day) => new Date(day));

  it.skipIf(!hasSystemdAnalyze)(
    'keep a daily run where the clock of a zone jumps',
    () => {
      fc.assert(
        fc.property(
          fc.oneof(
            daily,
            fc.integer({ min: 0, max: 59 }).map((minute) => `${minute} 2 * * *`),
          ),
          zones,
          nearJumps,
          (expression, timezone, from) => {
            const lines = [
              ...onCalendarLines(parseCronFields(expression), { timezone }),
              ...onCalendarMoments(runsJumpedOver(expression, { timezone, from })),
            ];
            expect(
              union(lines.flatMap((line) => systemdTimes(line, { from, count: COUNT }))),
            ).toEqual(firstRuns(expression, { timezone, from }));
          },
        ),
        { numRuns: 25 },
      );
    },
    30_000,
  );
});
