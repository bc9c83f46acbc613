import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DrilledSet, drillTurns } from '../../engine/domain/drill/drill-turns.ts';
import type { PlanWish } from '../../engine/domain/plan-wish.ts';
import { evaluateMarks } from '../../engine/domain/set/evaluate-marks.ts';
import type { SetMark } from '../../engine/domain/set/mark-name.ts';

const WHOLE: PlanWish = { contents: 'all' };
const DAY_MS = 86_400_000;
const at = (day: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + day * DAY_MS);

/** What a drill leaves on its set. */
const FOUND: Record<string, SetMark> = {
  proven: { mark: 'proven', at: at(0) },
  notshown: { mark: 'notshown', at: at(0) },
  failed: { mark: 'suspect', at: at(0), kind: 'drill' },
};

const proven = (plan: string, day: number): DrilledSet => ({
  plan,
  ...evaluateMarks([{ mark: 'proven', at: at(day) }]),
});

describe('the turns of drills', () => {
  it('come to each plan in as many drills as there are plans, whatever the drills find', () => {
    const name = fc.string({ minLength: 1, maxLength: 12 });
    const names = fc.uniqueArray(fc.oneof(name, fc.constantFrom('a b', '--', '__proto__', 'é/x')), {
      minLength: 1,
      maxLength: 6,
    });
    const history = fc.array(
      fc.tuple(fc.nat(5), fc.nat(300), fc.constantFrom(...Object.keys(FOUND))),
    );
    const later = fc.array(fc.constantFrom(...Object.keys(FOUND)), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(names, history, later, (all, before, results) => {
        const plans = Object.fromEntries(all.map((plan) => [plan, WHOLE]));
        const sets: DrilledSet[] = before.map(([index, day, found]) => ({
          plan: all[index % all.length] as string,
          ...evaluateMarks([{ ...(FOUND[found] as SetMark), at: at(day) }]),
        }));
        const turns: string[] = [];
        for (const [round, found] of results.entries()) {
          const [plan] = drillTurns({ sets, plans }) as [string];
          turns.push(plan);
          sets.push({
            plan,
            ...evaluateMarks([{ ...(FOUND[found] as SetMark), at: at(301 + round) }]),
          });
        }
        const known = Object.keys(plans);
        for (let from = 0; from + known.length <= turns.length; from += 1)
          expect(new Set(turns.slice(from, from + known.length)).size).toBe(known.length);
      }),
    );
  });

  it('begin with a plan that was never drilled, then with the one whose last drill is longest ago', () => {
    const plans = { nightly: WHOLE, weekly: WHOLE, yearly: WHOLE };
    const sets = [proven('nightly', 40), proven('weekly', 10), proven('nightly', 5)];
    expect(drillTurns({ sets, plans })).toEqual(['yearly', 'weekly', 'nightly']);
  });

  it('do not depend on the order of sets, nor of plans that are alike', () => {
    const plans = { b: WHOLE, a: WHOLE };
    expect(drillTurns({ sets: [], plans })).toEqual(['a', 'b']);
    expect(drillTurns({ sets: [], plans: { a: WHOLE, b: WHOLE } })).toEqual(['a', 'b']);
    const sets = [proven('a', 3), proven('b', 9), proven('a', 7)];
    expect(drillTurns({ sets: sets.toReversed(), plans })).toEqual(drillTurns({ sets, plans }));
  });

  it('count a drill that failed and one that showed nothing, but no damage and no reading', () => {
    const plans = { nightly: WHOLE, weekly: WHOLE };
    const tried = (mark: SetMark) =>
      drillTurns({ sets: [{ plan: 'nightly', ...evaluateMarks([mark]) }], plans });
    for (const mark of Object.values(FOUND)) expect(tried(mark)[0]).toBe('weekly');
    for (const mark of [
      { mark: 'suspect', at: at(1), kind: 'damage' },
      { mark: 'suspect', at: at(1) },
      { mark: 'checked', at: at(1) },
    ] as const)
      expect(tried(mark)[0]).toBe('nightly');
  });

  it('come to plans of the whole database first, and never to rows without their tables', () => {
    const plans: Record<string, PlanWish> = {
      a: { contents: 'all', tables: ['public.visits'] },
      b: { contents: 'schema' },
      c: { contents: 'data' },
      d: { contents: 'all', excludeTables: ['public.log'] },
      e: WHOLE,
    };
    expect(drillTurns({ sets: [proven('e', 9)], plans })).toEqual(['e', 'a', 'b', 'd']);
  });
});
