import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCronFields } from '../../engine/config/cron-fields.ts';
import { schedulerExpressions } from '../../lib/scheduler-expression.ts';

describe('a cron expression in the dialect of EventBridge Scheduler', () => {
  it.each([
    ['0 2 * * *', ['cron(0 2 * * ? *)']],
    ['0 */6 * * *', ['cron(0 0,6,12,18 * * ? *)']],
    ['*/15 8-17 * * mon-fri', ['cron(0,15,30,45 8-17 ? * 2-6 *)']],
    ['30 3 * * 0', ['cron(30 3 ? * 1 *)']],
    ['30 3 * * 7', ['cron(30 3 ? * 1 *)']],
    ['0 4 1 * *', ['cron(0 4 1 * ? *)']],
    ['0 4 1 jan,jul *', ['cron(0 4 1 1,7 ? *)']],
    ['* * * * *', ['cron(* * * * ? *)']],
    ['0 4 1 * mon', ['cron(0 4 1 * ? *)', 'cron(0 4 ? * 2 *)']],
  ])('says %s as %j', (expression, expected) => {
    expect(schedulerExpressions(parseCronFields(expression))).toEqual(expected);
  });

  it('names exactly the minutes that the expression names, whatever it is', () => {
    fc.assert(
      fc.property(expressions, days, (expression, day) => {
        const named = schedulerExpressions(parseCronFields(expression)).map(readDialect);
        const cron = new Cron(expression, { timezone: 'UTC', paused: true, domAndDow: false });
        for (let minute = 0; minute < 1440; minute += 1) {
          const time = new Date(day.getTime() + minute * 60_000);
          expect([expression, time, named.some((matches) => matches(time))]).toEqual([
            expression,
            time,
            cron.match(time),
          ]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps below the 256 characters that Scheduler takes, whichever minutes, hours, days and months are named', () => {
    const named = (first: number, last: number) =>
      fc
        .subarray(
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
          { minLength: 1 },
        )
        .map((values) => values.join(','));
    const lists = fc
      .tuple(named(0, 59), named(0, 23), named(1, 31), named(1, 12), named(0, 6))
      .map((fields) => fields.join(' '));
    fc.assert(
      fc.property(lists, (expression) => {
        for (const said of schedulerExpressions(parseCronFields(expression)))
          expect(said.length).toBeLessThan(256);
      }),
      { examples: [[longest()]] },
    );
  });
});

/** Two of three everywhere: no range, and few left out. */
function longest(): string {
  const twoOfThree = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
      (value) => (last - value) % 3 < 2,
    );
  return [
    twoOfThree(0, 59),
    twoOfThree(0, 23),
    twoOfThree(1, 31),
    twoOfThree(1, 12),
    twoOfThree(0, 6),
  ]
    .map((field) => field.join(','))
    .join(' ');
}

const days = fc.integer({ min: 0, max: 1500 }).map((day) => new Date(Date.UTC(2026, 0, 1 + day)));
const expressions = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '))
  .filter(
    (expression) =>
      new Cron(expression, { timezone: 'UTC', paused: true, domAndDow: false }).nextRun() !== null,
  );

function field(first: number, last: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: first, max: last });
  const range = fc
    .tuple(value, value)
    .map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`);
  const step = fc.integer({ min: 1, max: last }).map((every) => `*/${every}`);
  const part = fc.oneof(value.map(String), range);
  return fc.oneof(
    { arbitrary: fc.constant('*'), weight: 3 },
    { arbitrary: step, weight: 1 },
    {
      arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(',')),
      weight: 2,
    },
  );
}

/** An independent reading of Scheduler's cron: six fields, exactly one `?`, days of the week from 1 (Sunday). */
function readDialect(text: string): (time: Date) => boolean {
  const fields = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) \*\)$/.exec(text)?.slice(1) ?? [];
  expect(fields.filter((one) => one === '?')).toHaveLength(1);
  const [minute, hour, day, month, weekday] = fields.map((one) => matcher(one));
  return (time) =>
    minute?.(time.getUTCMinutes()) === true &&
    hour?.(time.getUTCHours()) === true &&
    day?.(time.getUTCDate()) === true &&
    month?.(time.getUTCMonth() + 1) === true &&
    weekday?.(time.getUTCDay() + 1) === true;
}

function matcher(text: string): (value: number) => boolean {
  if (text === '*' || text === '?') return () => true;
  const parts = text.split(',').map((part) => part.split('-').map(Number));
  return (value) => parts.some(([from = Number.NaN, to = from]) => value >= from && value <= to);
}
