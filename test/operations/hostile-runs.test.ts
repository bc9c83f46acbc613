import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectRunsUnmoved, type GoodSets, makeGoodSets } from '../fixtures/hostile-runs.ts';

describe('a hostile set among good ones', () => {
  let good: GoodSets;
  beforeAll(async () => {
    good = await makeGoodSets();
  });
  afterAll(() => good.remove());

  it('changes nothing of what verify and drill find of the others', () =>
    expectRunsUnmoved(good, { runs: 3, seed: 20261130 }));
});
