import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOfExample } from '../../setup/cost/facts.ts';
import { costOfMonth } from '../../setup/cost/month.ts';
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
    expect(facts.plans.map(({ cold }) => cold?.storageClass)).toEqual([undefined, undefined, expect.any(String)]);
    expect(facts.keys).toBeGreaterThanOrEqual(5);
  });

  it('stores what the keeps say: nightly sets of 90 days and the window in which a release can be undone', () => {
    const [nightly] = facts.plans;
    const only = { ...facts, plans: nightly === undefined ? [] : [nightly] };
    const [storage] = costOfMonth(100, only);
    expect(storage?.usd).toBeCloseTo(100 * 0.36 * (90 + 14 + 1) * 0.023, 5);
  });

  it('never falls as a database grows', () => {
    const all = (gb: number) => costOfMonth(gb, facts).reduce((sum, { usd }) => sum + usd, 0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (one, other) => {
        expect(all(Math.max(one, other))).toBeGreaterThanOrEqual(all(Math.min(one, other)));
      }),
    );
  });
});
