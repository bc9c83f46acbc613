import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOfExample } from '../../setup/cost/facts.ts';
import { costOfMonth } from '../../setup/cost/month.ts';
import { PRICES, type Price } from '../../setup/cost/prices.ts';
import { rereadsOfMonth } from '../../setup/cost/rereads.ts';
import { withCosts } from '../../setup/cost/table.ts';
import { readDocument } from '../fixtures/document.ts';

const facts = factsOfExample();

describe('docs/COST.md', () => {
  it('has the tables that the program writes', async () => {
    const document = await readDocument('docs/COST.md');
    expect(withCosts(document, facts)).toBe(document);
  });
});

describe('the cost of a month', () => {
  it('counts what the example makes', () => {
    expect(facts.plans.map(({ runsAMonth, keepDays }) => [runsAMonth * 12, keepDays])).toEqual([
      [365, 90],
      [12, 366],
      [4, 2196],
    ]);
    expect(facts.plans.map(({ cold }) => cold?.storageClass)).toEqual([
      undefined,
      undefined,
      expect.any(String),
    ]);
    expect(facts.keys).toBeGreaterThanOrEqual(5);
  });

  it('stores what the keeps say: nightly sets of 90 days and the window in which a release can be undone', () => {
    const [nightly] = facts.plans;
    const only = { ...facts, plans: nightly === undefined ? [] : [nightly] };
    const [storage] = costOfMonth(100, only);
    expect(storage?.usd).toBeCloseTo(100 * 0.36 * (90 + 14 + 1) * 0.023, 5);
  });

  it('comes to what a hand comes to: 36 GB a set, nightly for 105 days, monthly for 381, quarterly for 30 warm and 2,181 cold', () => {
    const nightly = 36 * 105 * 0.023;
    const monthly = ((36 * 12) / 365) * 381 * 0.023;
    const quarterly = ((36 * 4) / 365) * (30 * 0.023 + 2181 * 0.00099);
    expect(nightly + monthly + quarterly).toBeCloseTo(98.43, 1);
    expect(costOfMonth(100, facts)[0]?.usd).toBeCloseTo(nightly + monthly + quarterly, 8);
  });

  it('counts replica, verifications, drills and the alarms of the stack', () => {
    const lines = costOfMonth(100, facts);
    const usdOf = (what: RegExp) =>
      lines.filter((line) => what.test(line.what)).reduce((sum, { usd }) => sum + usd, 0);
    expect(usdOf(/^Replica: storage/)).toBeGreaterThan(usdOf(/^Vault: storage/));
    for (const what of [/verifications/, /drill/, /backups/])
      expect(usdOf(what)).toBeGreaterThan(0);
    expect(
      costOfMonth(100, { ...facts, alarmMetrics: facts.alarmMetrics + 10 }).at(-1)?.usd,
    ).toBeCloseTo(usdOf(/alarms/) + 1, 8);
  });

  it('counts what is read again: the newest proven set each day, and each warm set once in 30 days', () => {
    const [nightly, , quarterly] = facts.plans;
    if (nightly === undefined || quarterly === undefined) throw new Error('the example changed');
    const cycles = 365 / 12 / 30;
    expect(rereadsOfMonth([nightly])).toEqual({
      verified: expect.closeTo(365 / 12 + 90 * cycles, 6),
      inspected: 0,
    });
    const { inspected } = rereadsOfMonth([quarterly]);
    expect(inspected).toBeCloseTo(((2196 - 30) * 4 * cycles) / 365, 6);
    const [usdOf] = costOfMonth(100, facts).filter(({ what }) => /read again/.test(what));
    const [once] = costOfMonth(100, facts).filter(({ what }) => /verifications/.test(what));
    const runs = facts.plans.reduce((sum, { runsAMonth }) => sum + runsAMonth, 0);
    const times = rereadsOfMonth(facts.plans).verified / runs;
    expect((usdOf?.usd ?? 0) / (once?.usd ?? 1)).toBeCloseTo(times, 1);
  });

  it('rests on prices that name a page of AWS, and where they were read or that nowhere', () => {
    for (const [name, { usd, page, readAt }] of Object.entries<Price>(PRICES)) {
      expect(usd, name).toBeGreaterThan(0);
      expect(page, name).toMatch(/^https:\/\/aws\.amazon\.com\/.*pricing\//);
      expect(readAt === null || URL.canParse(readAt), name).toBe(true);
    }
  });

  it('never falls as a database grows', () => {
    const all = (gb: number) => costOfMonth(gb, facts).reduce((sum, { usd }) => sum + usd, 0);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        (one, other) => {
          expect(all(Math.max(one, other))).toBeGreaterThanOrEqual(all(Math.min(one, other)));
        },
      ),
    );
  });
});
