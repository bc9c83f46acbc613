import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressLines } from '../../task/progress-lines.ts';

describe('the progress in a log', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is a line for each phase, and one every five seconds in it, however much happens', () => {
    const lines: { phase?: string; bytes?: number }[] = [];
    const progress = progressLines((line) => lines.push(line));
    for (let second = 0; second < 60; second += 1) {
      for (let many = 0; many < 100; many += 1)
        progress({ phase: second < 30 ? 'dump' : 'verify', bytes: second });
      vi.advanceTimersByTime(1000);
    }
    expect(lines.map(({ bytes }) => bytes)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]);
    expect(lines.filter(({ phase }) => phase === 'verify')).toHaveLength(6);
  });

  it('never keeps a note back', () => {
    const lines: object[] = [];
    const progress = progressLines((line) => lines.push(line));
    for (const note of ['one', 'two']) progress({ phase: 'key', note });
    expect(lines).toEqual([
      { type: 'progress', phase: 'key', note: 'one' },
      { type: 'progress', phase: 'key', note: 'two' },
    ]);
  });
});
