import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectFlipsRefused, type MarkedSet, makeMarkedSet } from '../fixtures/bit-flips.ts';
import { expectFlipsKeep } from '../fixtures/flipped-open-marks.ts';

describe('200 random bit flips in the objects, the manifest and the sealed marks of a set', () => {
  let set: MarkedSet;
  beforeAll(async () => {
    set = await makeMarkedSet();
  });
  afterAll(() => set.remove());

  it('are all refused', () => expectFlipsRefused(set, { flips: 200, seed: 20261330 }));
});

describe('200 bits flipped in marks that carry no seal', () => {
  it('free nothing, change no set, and are named where nothing can be read', () =>
    expectFlipsKeep({ flips: 200, seed: 20261331 }));
});
