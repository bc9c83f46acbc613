import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../engine/domain/anomaly/anomaly.ts';
import { judgeDeviations } from '../../engine/domain/health/deviations.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const hour = (at: number) => new Date(Date.UTC(2026, 10, 22, at));
const anomaly = (overrides: Partial<Anomaly>): Anomaly => ({
  code: 'swollen',
  severity: 'warning',
  measure: 'rows',
  table: { schema: 'public', name: 'visits' },
  value: 9000,
  median: 3000,
  sets: 30,
  ...overrides,
});
const compared = (at: number, anomalies: Anomaly[], overrides = {}) =>
  seenSet(hour(at), {
    comparedAt: hour(at + 1),
    deviations: { anomalies, since: { swollen: hour(0) } },
    ...overrides,
  });
const SUSPECT = {
  state: 'SUSPECT' as const,
  suspicions: [{ at: hour(3), kind: 'anomaly' as const, isAccepted: false }],
};
const judge = (...sets: ReturnType<typeof seenSet>[]) =>
  judgeDeviations(sets, { repository: 'local' });

describe('a set that is unlike the ones before it', () => {
  it('is swollen since the first set of the series, and is named', () => {
    expect(judge(compared(2, [anomaly({})]))).toMatchObject([
      {
        verdict: 'swollen',
        severity: 'warning',
        since: hour(0),
        set: seenSet(hour(2)).id,
        detail: expect.stringContaining('table visits has 9,000 rows'),
      },
    ]);
  });

  it('has one finding of each verdict, however many tables there are', () => {
    const slow = anomaly({ code: 'slow', measure: 'seconds', table: null });
    const found = judge(compared(2, [anomaly({}), anomaly({ measure: 'bytes' }), slow]));
    expect(found.map(({ verdict }) => verdict)).toEqual(['swollen', 'slow']);
  });

  it('is shrunk and critical while nobody accepted it, and a warning where a table was dropped', () => {
    const shrunk = anomaly({ code: 'shrunk', severity: 'critical', value: 10 });
    expect(judge(compared(2, [shrunk], SUSPECT))).toMatchObject([
      { verdict: 'shrunk', severity: 'critical', hint: expect.stringContaining('holdfast accept') },
    ]);
    expect(judge(compared(2, [anomaly({ code: 'vanished' })]))).toMatchObject([
      { verdict: 'shrunk', severity: 'warning', detail: expect.stringContaining('is gone') },
    ]);
  });

  it('that cannot be read says where to look', () => {
    expect(judge(seenSet(hour(2), SUSPECT))).toMatchObject([
      { verdict: 'shrunk', detail: expect.stringContaining('holdfast show') },
    ]);
  });

  it('stands while a younger set waits for its verification, and not after one that is in line', () => {
    const swollen = compared(2, [anomaly({})]);
    expect(judge(swollen, seenSet(hour(4)))).toHaveLength(1);
    expect(judge(swollen, compared(4, []))).toEqual([]);
  });

  it('is not judged by a set that holds less than its plan', () => {
    expect(judge(compared(2, [anomaly({})], { fulfilsPlan: false }))).toEqual([]);
  });
});
