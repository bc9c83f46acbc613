import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectFlipsRefused, type MarkedSet, makeMarkedSet } from '../fixtures/bit-flips.ts';

describe('20 random bit flips in the objects, the manifest and the sealed marks of a set', () => {
  let set: MarkedSet;
  beforeAll(async () => {
    set = await makeMarkedSet();
  });
  afterAll(() => set.remove());

  it('are all refused', () => expectFlipsRefused(set, { flips: 20, seed: 20261150 }));
});
