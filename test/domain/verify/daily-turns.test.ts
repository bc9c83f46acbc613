import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupId } from '../../../engine/domain/backup-id.ts';
import { chooseRotation, type RotatedSet } from '../../../engine/domain/verify/choose-rotation.ts';
import { DAILY_SHARE, dailyTurns } from '../../../engine/domain/verify/daily-turns.ts';

const DAY_MS = 86_400_000;
const START = new Date('2026-11-01T09:52:00Z');
const CYCLE = 30;

const dayAt = (days: number) => new Date(START.getTime() + days * DAY_MS);

interface TriedSet extends RotatedSet {
  /** Each try of it fails, and none leaves a mark. */
  isTraceless: boolean;
}

function setOf(takenAt: Date, { tail = '7f3a', ...rest }: Partial<TriedSet> & { tail?: string }) {
  return {
    ...{ plan: 'nightly', database: 'clinic', id: backupId(takenAt, tail) },
    ...{ checkedAt: null, provenAt: null, suspicions: [], isReleased: false, isTraceless: false },
    ...rest,
  } satisfies TriedSet;
}

const turnsOn = (sets: readonly TriedSet[], now: Date) => {
  const wish = { share: DAILY_SHARE, now };
  return dailyTurns(chooseRotation(sets, { ...wish, kindOf: () => 'logical' }), wish);
};

/** The days on which each set was tried, in as many daily runs. */
function triedIn(days: number, sets: readonly TriedSet[], arrivals: readonly number[] = []) {
  const tried = new Map<string, number[]>();
  let all = [...sets];
  for (let day = 0; day < days; day++) {
    const now = dayAt(day);
    const turns = new Set(turnsOn(all, now).map(({ id }) => id));
    for (const id of turns) tried.set(id, [...(tried.get(id) ?? []), day]);
    all = all.map((set) =>
      turns.has(set.id) && !set.isTraceless ? { ...set, checkedAt: now } : set,
    );
    for (let index = 0; index < (arrivals[day % arrivals.length] ?? 0); index++)
      all.push(setOf(new Date(now.getTime() + index * 1000 + 1000), {}));
  }
  return tried;
}

const tailOf = (index: number) => index.toString(16).padStart(4, '0');
const aged = (maxDays: number) =>
  fc.record({
    takenDaysAgo: fc.integer({ min: 1, max: 400 }),
    readDaysAgo: fc.integer({ min: 1, max: maxDays }),
    isProven: fc.boolean(),
  });
const read = (
  {
    takenDaysAgo,
    readDaysAgo,
    isProven,
  }: { takenDaysAgo: number; readDaysAgo: number; isProven: boolean },
  index: number,
  more: Partial<TriedSet> = {},
) =>
  setOf(dayAt(-takenDaysAgo), {
    tail: tailOf(index),
    checkedAt: dayAt(-readDaysAgo),
    provenAt: isProven ? dayAt(-1) : null,
    ...more,
  });

describe('the sets of a day', () => {
  it('come to every warm set within 30 runs, however long they waited and however many arrive', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(aged(400), { maxLength: 70 }), arrivals, (wishes, arriving) => {
        const sets = wishes.map((wish, index) => read(wish, index));
        const tried = triedIn(CYCLE, sets, arriving);
        expect(sets.filter(({ id }) => !tried.has(id))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('come to every other set within two and a half cycles, however many fail without a trace', () => {
    const wishes = fc.array(aged(400), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(wishes, wishes, (healthy, traceless) => {
        const sets = healthy.map((wish, index) => read(wish, index));
        const others = traceless.map((wish, index) =>
          read({ ...wish, isProven: false }, sets.length + index, { isTraceless: true }),
        );
        const tried = triedIn(2.5 * CYCLE, [...sets, ...others]);
        expect(sets.filter(({ id }) => !tried.has(id))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    1, 2, 5, 40,
  ])('come once in 31 days to each of 30 sets that were in time, beside %i that fail without a trace', (failing) => {
    const others = Array.from({ length: failing }, (_, index) =>
      setOf(dayAt(-60), { tail: tailOf(index), isTraceless: true }),
    );
    const sets = Array.from({ length: CYCLE }, (_, day) => setOf(dayAt(-1 - day), {}));
    const tried = triedIn(4 * CYCLE, [...others, ...sets]);
    for (const { id } of sets) {
      const days = tried.get(id) ?? [];
      const gaps = days.map((day, index) => day - (days[index - 1] ?? day));
      expect(days.length, id).toBeGreaterThanOrEqual(3);
      expect(Math.max(...gaps), id).toBeLessThanOrEqual(CYCLE + 1);
    }
  });

  it('are one more at most for each that is late, beside those whose own day it is', () => {
    const late = Array.from({ length: 60 }, (_, index) =>
      setOf(dayAt(-40), { tail: tailOf(index), isTraceless: true }),
    );
    const inTime = Array.from({ length: 60 }, (_, index) =>
      setOf(dayAt(-20), { tail: tailOf(100 + index) }),
    );
    const turns = turnsOn([...late, ...inTime], START);
    expect(turns.filter((set) => late.includes(set))).toHaveLength(4);
    expect(turns.filter((set) => inTime.includes(set))).toHaveLength(4);
  });

  it('are the same for the same time, so that a second delivery chooses the same', () => {
    const sets = Array.from({ length: 90 }, (_, index) =>
      setOf(dayAt(-index), { tail: tailOf(index) }),
    );
    expect(turnsOn(sets.toReversed(), START)).toEqual(turnsOn(sets, START));
  });
});
