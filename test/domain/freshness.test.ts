import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestGapSeconds, runsAfter } from '../../engine/config/cron.ts';
import type { Expectation } from '../../engine/domain/finding.ts';
import { judgeFreshness, maxAgeOf, SLACK_SECONDS } from '../../engine/domain/freshness.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const later = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);
const NOW = new Date('2026-11-22T12:00:00Z');

describe('the age that a plan allows', () => {
  it.each([
    ['nightly', { schedule: '0 2 * * *', timezone: 'UTC' }, NOW, 26 * HOUR],
    [
      'nightly where clocks change',
      { schedule: '0 2 * * *', timezone: 'Europe/Vienna' },
      NOW,
      27 * HOUR,
    ],
    ['every six hours', { schedule: '0 */6 * * *', timezone: 'UTC' }, NOW, 8 * HOUR],
    ['twice a month', { schedule: '0 3 1,15 * *', timezone: 'UTC' }, NOW, 17 * DAY + 2 * HOUR],
    ['monthly', { schedule: '0 3 1 * *', timezone: 'UTC' }, NOW, 31 * DAY + 2 * HOUR],
    [
      'yearly, in the last hours of a leap year',
      { schedule: '0 0 1 1 *', timezone: 'UTC' },
      new Date('2028-12-31T23:00:00Z'),
      366 * DAY + 2 * HOUR,
    ],
    [
      'on leap days',
      { schedule: '0 2 29 2 *', timezone: 'UTC' },
      NOW,
      (4 * 365 + 1) * DAY + 2 * HOUR,
    ],
    ['as the plan says', { schedule: '0 2 * * *', timezone: 'UTC', maxAge: 2 * DAY }, NOW, 2 * DAY],
    ['as a plan without a schedule says', { timezone: 'UTC', maxAge: DAY }, NOW, DAY],
  ])('%s', (_name, timing, now, seconds) => {
    expect(maxAgeOf(timing, now)).toBe(seconds);
  });

  it('is open where the plan has neither a schedule nor a maxAge', () => {
    expect(maxAgeOf({ timezone: 'UTC' }, NOW)).toBeUndefined();
  });
});

describe('a plan', () => {
  const expected: Expectation = { plan: 'nightly', database: 'clinic', maxAgeSeconds: 26 * HOUR };
  const judge = (
    sets: Parameters<typeof judgeFreshness>[1]['sets'],
    more: Partial<Expectation> = {},
  ) => judgeFreshness({ ...expected, ...more }, { repository: 'local', sets, now: NOW });
  const old = (hours: number) => later(NOW, -hours * HOUR);

  it('is fresh to the second of its allowed age, and late from the next', () => {
    expect(judge([seenSet(later(NOW, -26 * HOUR))])).toMatchObject({
      verdict: 'fresh',
      severity: 'ok',
      ageSeconds: 26 * HOUR,
      hint: null,
    });
    const set = seenSet(later(NOW, -26 * HOUR - 1));
    expect(judge([set])).toEqual({
      plan: 'nightly',
      database: 'clinic',
      repository: 'local',
      verdict: 'late',
      severity: 'critical',
      detail: 'the newest set is 26 h old, taken 2026-11-21 09:59 UTC; at most 26 h',
      since: new Date('2026-11-22T11:59:59Z'),
      set: set.id,
      ageSeconds: 26 * HOUR + 1,
      maxAgeSeconds: 26 * HOUR,
      hint: expect.stringContaining('holdfast backup clinic --plan nightly'),
    });
  });

  it('is missing without a set, critical at once, and only in its grace not so', () => {
    expect(judge([])).toMatchObject({
      verdict: 'missing',
      severity: 'critical',
      detail: 'no backup set; the newest may be 26 h old at most',
    });
    expect(judge([], { graceUntil: later(NOW, 1) })).toMatchObject({
      verdict: 'missing',
      severity: 'ok',
    });
    expect(judge([], { graceUntil: NOW })).toMatchObject({
      verdict: 'missing',
      severity: 'critical',
    });
  });

  it('is not made fresh by what is SUSPECT or damaged', () => {
    const bad = [
      seenSet(old(3), { state: 'SUSPECT' }),
      seenSet(old(1), { damage: 'globals.sql.zst.esdk is absent' }),
    ];
    expect(judge(bad)).toMatchObject({
      verdict: 'missing',
      severity: 'critical',
      detail: expect.stringContaining('2 SUSPECT or damaged'),
    });
    expect(judge([seenSet(old(30)), ...bad])).toMatchObject({
      verdict: 'late',
      ageSeconds: 30 * HOUR,
    });
    expect(judge([seenSet(old(20)), ...bad])).toMatchObject({
      verdict: 'fresh',
      ageSeconds: 20 * HOUR,
    });
  });

  it('is not made fresh by what holds less than it takes', () => {
    const partial = seenSet(old(1), { fulfilsPlan: false });
    expect(judge([partial])).toMatchObject({
      verdict: 'missing',
      severity: 'critical',
      detail: expect.stringContaining(
        'no backup set that counts, and 1 with less than the plan takes',
      ),
    });
    expect(judge([seenSet(old(30)), partial])).toMatchObject({
      verdict: 'late',
      ageSeconds: 30 * HOUR,
    });
  });

  it('without a schedule needs a set of whatever age', () => {
    expect(judge([seenSet(old(9999))], { maxAgeSeconds: undefined })).toMatchObject({
      verdict: 'fresh',
      maxAgeSeconds: null,
    });
    expect(judge([], { maxAgeSeconds: undefined })).toMatchObject({
      verdict: 'missing',
      severity: 'critical',
    });
  });

  it('passes over a clock that is a few minutes ahead', () => {
    expect(judge([seenSet(later(NOW, 600))])).toMatchObject({ verdict: 'fresh', ageSeconds: 0 });
  });

  it('is not made fresh by a set from the future, which it names', () => {
    const ahead = seenSet(later(NOW, 3 * DAY));
    const said = expect.stringContaining(`${ahead.id} is dated 3 d ahead of this machine's clock`);
    expect(judge([seenSet(old(20)), ahead])).toMatchObject({
      verdict: 'clock',
      severity: 'unknown',
      ageSeconds: 20 * HOUR,
      detail: said,
    });
    expect(judge([seenSet(old(30)), ahead])).toMatchObject({
      verdict: 'late',
      severity: 'critical',
      ageSeconds: 30 * HOUR,
      detail: said,
    });
    expect(judge([ahead])).toMatchObject({
      verdict: 'late',
      severity: 'critical',
      set: null,
      detail: said,
      hint: expect.stringContaining('clock'),
    });
  });
});

describe('a plan with a schedule', () => {
  const schedules = fc.constantFrom(
    '0 2 * * *',
    '30 2 * * *',
    '0 */12 * * *',
    '15 3 * * 0',
    '0 3 1,15 * *',
    '0 3 1 * *',
    '0 4 1 1,4,7,10 *',
    '0 3 1 1 *',
    '0 2 29 2 *',
  );
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Vienna',
    'America/New_York',
    'Pacific/Auckland',
    'Australia/Lord_Howe',
  );
  const begins = fc
    .integer({ min: 0, max: 365 * 20 * DAY })
    .map((seconds) => later(new Date('2024-01-01T00:00:00Z'), seconds));
  const delays = fc.integer({ min: 0, max: SLACK_SECONDS });

  function* upcoming(schedule: string, timezone: string, from: Date) {
    yield* runsAfter(schedule, { timezone, from });
    throw new Error('the schedule ended');
  }

  it('is never late while it runs at each time, and is done within two hours of it', () => {
    fc.assert(
      fc.property(
        schedules,
        zones,
        begins,
        delays,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (schedule, timezone, begin, delay, share) => {
          const runs = upcoming(schedule, timezone, begin);
          const [previous, next] = [runs.next().value as Date, runs.next().value as Date];
          const doneBy = later(next, SLACK_SECONDS).getTime();
          const startedAt = later(
            previous,
            Math.min(delay, (next.getTime() - previous.getTime()) / 1000 - 1),
          );
          const now = new Date(
            startedAt.getTime() + Math.floor((doneBy - startedAt.getTime()) * share),
          );
          const expected = {
            plan: 'nightly',
            database: 'clinic',
            maxAgeSeconds: maxAgeOf({ schedule, timezone }, now),
          };
          expect(
            judgeFreshness(expected, { repository: 'local', sets: [seenSet(startedAt)], now })
              .verdict,
          ).toBe('fresh');
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  it('is late when a run did not come, from the longest gap and two hours behind the last one', () => {
    fc.assert(
      fc.property(
        schedules,
        zones,
        begins,
        fc.integer({ min: 1, max: 30 * DAY }),
        (schedule, timezone, begin, more) => {
          const lastRun = upcoming(schedule, timezone, begin).next().value as Date;
          const gapFrom = (seconds: number) =>
            longestGapSeconds(schedule, { timezone, from: later(lastRun, seconds) });
          const gap = Math.max(gapFrom(-400 * DAY), gapFrom(-1));
          const now = later(lastRun, gap + SLACK_SECONDS + more);
          const expected = {
            plan: 'nightly',
            database: 'clinic',
            maxAgeSeconds: maxAgeOf({ schedule, timezone }, now),
          };
          const judged = judgeFreshness(expected, {
            repository: 'local',
            sets: [seenSet(lastRun)],
            now,
          });
          expect(judged).toMatchObject({ verdict: 'late', severity: 'critical' });
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});
