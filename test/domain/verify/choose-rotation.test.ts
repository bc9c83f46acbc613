import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupId } from '../../../engine/domain/backup-id.ts';
import {
  chooseRotation,
  type RotatedSet,
  type Share,
} from '../../../engine/domain/verify/choose-rotation.ts';

const DAY_MS = 86_400_000;
const START = new Date('2026-11-01T06:00:00Z');
const SHARE: Share = { parts: 1, of: 30 };

const dayAt = (days: number) => new Date(START.getTime() + days * DAY_MS);

function setOf(takenAt: Date, overrides: Partial<RotatedSet> & { tail?: string } = {}): RotatedSet {
  const { tail = '7f3a', ...rest } = overrides;
  return {
    plan: 'nightly',
    database: 'clinic',
    id: backupId(takenAt, tail),
    checkedAt: null,
    provenAt: null,
    suspicions: [],
    isReleased: false,
    ...rest,
  };
}

const choose = (sets: readonly RotatedSet[], { share = SHARE, now = START } = {}) =>
  chooseRotation(sets, { share, now, kindOf: () => 'logical' });

/** What a run reads when everything is whole. */
function readBy(sets: readonly RotatedSet[], options: { share: Share; now: Date }): RotatedSet[] {
  const { newestProven, queue, quota, undated } = choose(sets, options);
  return [...newestProven, ...queue.slice(0, quota), ...undated];
}

describe('the rotation', () => {
  it('reads every warm set at least once in as many runs as the share says, however many arrive', () => {
    const shares = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 12 }))
      .map(([parts, more]) => ({ parts, of: parts + more }));
    const old = fc.record({
      takenDaysAgo: fc.integer({ min: 0, max: 400 }),
      read: fc.oneof(fc.integer({ min: -400, max: 0 }), fc.constantFrom(null, 50, 3000)),
      isProven: fc.boolean(),
      isKnownDamage: fc.boolean(),
    });
    fc.assert(
      fc.property(
        shares,
        fc.array(old, { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 }),
        (share, initial, arrivals) => {
          let sets = initial.map(({ takenDaysAgo, read, isProven, isKnownDamage }, index) =>
            setOf(dayAt(-takenDaysAgo), {
              tail: index.toString(16).padStart(4, '0'),
              checkedAt: read === null ? null : dayAt(read),
              provenAt: isProven && !isKnownDamage ? dayAt(-1) : null,
              suspicions: isKnownDamage ? [{ at: START, kind: 'damage', isAccepted: true }] : [],
            }),
          );
          const unread = new Set(sets.map(({ id }) => id));
          const runs = Math.ceil(share.of / share.parts);
          for (let run = 0; run < runs; run++) {
            const now = dayAt(run);
            const read = new Set(readBy(sets, { share, now }).map(({ id }) => id));
            for (const id of read) unread.delete(id);
            sets = sets.map((set) => (read.has(set.id) ? { ...set, checkedAt: now } : set));
            for (let index = 0; index < (arrivals[run] ?? 0); index++)
              sets.push(setOf(new Date(now.getTime() + index * 1000 + 1000)));
          }
          expect([...unread]).toEqual([]);
        },
      ),
    );
  });

  it('reads at least one set, and all of them with a share of 1/1', () => {
    const sets = [1, 2, 3].map((days) => setOf(dayAt(-days)));
    expect(readBy(sets, { share: SHARE, now: START })).toEqual([sets[2]]);
    expect(readBy(sets, { share: { parts: 1, of: 1 }, now: START })).toHaveLength(3);
    expect(readBy([], { share: SHARE, now: START })).toEqual([]);
  });

  it('reads the set that has waited the longest, and one that was never read counts from its backup', () => {
    const read = setOf(dayAt(-90), { checkedAt: dayAt(-20) });
    const neverRead = setOf(dayAt(-21));
    const young = setOf(dayAt(-1));
    expect(choose([young, read, neverRead]).queue).toEqual([neverRead, read, young]);
    expect(choose([neverRead, young, read]).queue).toEqual([neverRead, read, young]);
  });

  it('puts a set whose damage was found behind the others: it must not be read alone for ever', () => {
    const damaged = setOf(dayAt(-90), {
      suspicions: [{ at: dayAt(-1), kind: 'damage', isAccepted: false }],
    });
    const whole = setOf(dayAt(-30), { checkedAt: dayAt(-2) });
    expect(choose([damaged, whole]).queue).toEqual([whole, damaged]);
  });

  it('reads the newest PROVEN set of each database and kind in every run', () => {
    const proven = (days: number, overrides: Partial<RotatedSet> = {}) =>
      setOf(dayAt(-days), { provenAt: dayAt(-1), checkedAt: dayAt(-1), ...overrides });
    const newest = proven(3);
    const lab = proven(9, { database: 'lab' });
    const base = proven(30, { plan: 'physical' });
    const suspect = proven(1, {
      suspicions: [{ at: START, kind: 'anomaly', isAccepted: false }],
    });
    const sets = [proven(5), newest, lab, base, suspect, proven(2, { isReleased: true })];
    const { newestProven } = chooseRotation(sets, {
      share: SHARE,
      now: START,
      kindOf: ({ plan }) => (plan === 'physical' ? 'base' : 'logical'),
    });
    expect(newestProven).toEqual([newest, lab, base]);
  });

  it('reads no cold set, and has each inspected once in a cycle', () => {
    const cold = Array.from({ length: 40 }, (_, index) =>
      setOf(dayAt(-100 - index), { isCold: true }),
    );
    const seen = new Map<string, number>();
    for (let run = 0; run < 30; run++) {
      const chosen = choose(cold, { now: dayAt(run) });
      expect([...chosen.newestProven, ...chosen.queue, ...chosen.undated]).toEqual([]);
      for (const { id } of chosen.cold) seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    expect([...seen.values()]).toEqual(Array.from({ length: 40 }, () => 1));
  });
});
