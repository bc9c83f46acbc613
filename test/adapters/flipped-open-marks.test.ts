import { describe, it } from 'vitest';
import { expectFlipsKeep } from '../fixtures/flipped-open-marks.ts';

describe('30 bits flipped in marks that carry no seal', () => {
  it('free nothing, change no set, and are named where nothing can be read', () =>
    expectFlipsKeep({ flips: 30, seed: 20261130 }));
});
