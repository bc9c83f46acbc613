import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockEnd, lockLimitOf, longestLockDays } from '../../engine/domain/lock-limit.ts';

const DAY = 86_400;
const NOW = new Date('2026-11-22T02:00:00Z');

describe('the lock of a set', () => {
  const limit = lockLimitOf(new Map([['daily', 90 * DAY]]));
  const ends = (plan: string, keepUntil: string) =>
    lockEnd(new Date(keepUntil), { now: NOW, limitSeconds: limit(plan) }).toISOString();

  it('ends with its keep', () => {
    expect(ends('daily', '2027-02-20T02:00:00Z')).toBe('2027-02-20T02:00:00.000Z');
  });

  it('is no longer than its plan keeps, whatever its manifest says', () => {
    expect(ends('daily', '2999-01-01T00:00:00Z')).toBe('2027-02-20T02:00:00.000Z');
  });

  it('is four weeks for a plan that the config does not have', () => {
    expect(ends('foreign', '2999-01-01T00:00:00Z')).toBe('2026-12-20T02:00:00.000Z');
  });

  it('is never longer than the longest of all plans, nor than the keep', () => {
    const keeps = fc.dictionary(fc.string(), fc.integer({ min: 1, max: 36_500 * DAY }));
    fc.assert(
      fc.property(
        keeps,
        fc.string(),
        fc.date({ min: NOW, noInvalidDate: true }),
        (all, plan, keepUntil) => {
          const limitSeconds = lockLimitOf(new Map(Object.entries(all)))(plan);
          expect(limitSeconds).toBeLessThanOrEqual(longestLockDays(Object.values(all)) * DAY);
          expect(lockEnd(keepUntil, { now: NOW, limitSeconds }).getTime()).toBeLessThanOrEqual(
            keepUntil.getTime(),
          );
        },
      ),
    );
  });
});
