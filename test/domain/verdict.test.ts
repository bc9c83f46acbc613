import { describe, expect, it } from 'vitest';
import type { SeenSet } from '../../engine/domain/finding.ts';
import { worstOf } from '../../engine/domain/severity.ts';
import {
  judgeDisk,
  judgeRepository,
  judgeUnreachable,
  type RepositoryView,
} from '../../engine/domain/verdict.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const DAY = 86_400;
/** A set that was read back yesterday. */
const daysAgo = (days: number, overrides: Partial<SeenSet> = {}) =>
  seenSet(new Date(NOW.getTime() - days * DAY * 1000), {
    checkedAt: new Date(NOW.getTime() - DAY * 1000),
    ...overrides,
  });

const judge = (sets: SeenSet[], view: Partial<RepositoryView> = {}) =>
  judgeRepository({
    repository: 'local',
    sets: sets.sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime()),
    expectations: [{ plan: 'nightly', database: 'clinic', maxAgeSeconds: 26 * 3600 }],
    drills: { clinic: { isEnabled: true, maxAgeSeconds: 35 * DAY } },
    now: NOW,
    ...view,
  });
const verdicts = (...given: Parameters<typeof judge>) =>
  judge(...given).map(({ verdict, severity }) => `${verdict} ${severity}`);

describe('a repository', () => {
  it('with a young set is well', () => {
    expect(verdicts([daysAgo(0.5)])).toEqual(['fresh ok']);
  });

  it('whose newest set is SUSPECT says so, beside its age', () => {
    const suspectAt = new Date('2026-11-22T06:00:00Z');
    const suspicions = [{ at: suspectAt, kind: 'damage' as const, isAccepted: false }];
    const newest = daysAgo(0.5, { state: 'SUSPECT', suspectAt, suspicions });
    const [fresh, suspect] = judge([daysAgo(1), newest]);
    expect(fresh).toMatchObject({ verdict: 'fresh', ageSeconds: DAY });
    expect(suspect).toMatchObject({
      verdict: 'suspect',
      severity: 'critical',
      set: newest.id,
      since: suspectAt,
      hint: expect.stringContaining('holdfast accept'),
    });
    expect(
      verdicts([daysAgo(1, { state: 'SUSPECT', suspectAt, suspicions }), daysAgo(0.5)]),
    ).toEqual(['fresh ok']);
  });

  it('that holds damaged sets names the newest of them, and counts', () => {
    const damaged = [4, 3, 2, 1].map((days) =>
      daysAgo(days, { damage: 'data.dump.zst.esdk is absent' }),
    );
    const [, corrupt] = judge([...damaged, daysAgo(0.5)]);
    expect(corrupt).toMatchObject({
      plan: 'nightly',
      database: 'clinic',
      verdict: 'corrupt',
      severity: 'critical',
      set: damaged[3]?.id,
    });
    expect(corrupt?.detail).toMatch(
      /^4 of 5 sets are damaged \(20261121T120000Z-7f3a: data.dump.zst.esdk is absent; .*; and 1 more\)$/,
    );
  });

  it('judges the objects of sets whose plan is no longer there', () => {
    const left = daysAgo(300, {
      plan: 'archive',
      damage: 'data.dump.zst.esdk has 3 bytes instead of 400',
    });
    expect(judge([left, daysAgo(0.5)])).toContainEqual(
      expect.objectContaining({ plan: 'archive', verdict: 'corrupt' }),
    );
  });

  describe('of which a drill', () => {
    it('was too long ago is a warning', () => {
      const proven = daysAgo(36, { state: 'PROVEN' });
      const [, unproven] = judge([daysAgo(60), proven, daysAgo(0.5)]);
      expect(unproven).toEqual({
        plan: null,
        database: 'clinic',
        repository: 'local',
        verdict: 'unproven',
        severity: 'warning',
        detail: 'the newest PROVEN set is 36 d old, taken 2026-10-17 12:00 UTC; at most 35 d',
        since: new Date('2026-11-21T12:00:00Z'),
        set: proven.id,
        ageSeconds: 36 * DAY,
        maxAgeSeconds: 35 * DAY,
        hint: expect.stringContaining('holdfast drill clinic --repository local'),
      });
      expect(verdicts([daysAgo(35, { state: 'PROVEN' }), daysAgo(0.5)])).toEqual(['fresh ok']);
    });

    it('never came is one only when the first set is old enough', () => {
      expect(verdicts([daysAgo(34), daysAgo(0.5)])).toEqual(['fresh ok']);
      expect(judge([daysAgo(36), daysAgo(0.5)])[1]).toMatchObject({
        verdict: 'unproven',
        set: null,
        detail: expect.stringContaining('no set was ever PROVEN'),
      });
    });

    it('proved a set of another plan counts, and of another database does not', () => {
      expect(
        verdicts([daysAgo(60), daysAgo(5, { plan: 'monthly', state: 'PROVEN' }), daysAgo(0.5)]),
      ).toEqual(['fresh ok']);
      expect(
        verdicts([daysAgo(60), daysAgo(5, { database: 'billing', state: 'PROVEN' }), daysAgo(0.5)]),
      ).toContain('unproven warning');
    });

    it('proved a few tables counts only where there is no whole set', () => {
      const partial = daysAgo(5, { plan: 'critical', state: 'PROVEN', isWhole: false });
      expect(verdicts([daysAgo(60), partial, daysAgo(0.5)])).toContain('unproven warning');
      expect(
        verdicts([daysAgo(60, { isWhole: false }), partial, daysAgo(0.5, { isWhole: false })]),
      ).toEqual(['fresh ok']);
    });

    it('is not asked for is no warning', () => {
      const drills = { clinic: { isEnabled: false, maxAgeSeconds: 35 * DAY } };
      expect(verdicts([daysAgo(90), daysAgo(0.5)], { drills })).toEqual(['fresh ok']);
    });
  });

  it('has a full disk above the share that is allowed, and not at it', () => {
    const options = { repository: 'local', diskFull: 0.85 };
    expect(judgeDisk({ freeBytes: 15, totalBytes: 100 }, options)).toMatchObject({
      severity: 'ok',
      hint: null,
    });
    const full = judgeDisk({ freeBytes: 14e9, totalBytes: 100e9 }, options);
    expect(full).toMatchObject({
      verdict: 'disk',
      severity: 'warning',
      plan: null,
      database: null,
    });
    expect(full.detail).toBe('the disk is 86.0 % full, 14.0 GB free; at most 85.0 %');
    expect(judgeDisk({ freeBytes: 0, totalBytes: 0 }, options)).toMatchObject({
      severity: 'warning',
    });
  });

  it('that does not answer leaves every plan unknown', () => {
    const places = ['clinic', 'billing'].map((database) => ({
      plan: 'nightly',
      database,
      maxAgeSeconds: 1,
    }));
    const error = { message: 'it is away', hint: 'Look for it.' };
    const found = judgeUnreachable(error, { repository: 'local', expectations: places });
    expect(
      found.map(({ database, verdict, severity, detail }) => [database, verdict, severity, detail]),
    ).toEqual([
      ['clinic', 'unreachable', 'unknown', 'it is away'],
      ['billing', 'unreachable', 'unknown', 'it is away'],
    ]);
    expect(judgeUnreachable(error, { repository: 'spare', expectations: [] })).toMatchObject([
      { plan: null, database: null },
    ]);
  });
});

describe('the worst severity', () => {
  it('is critical before unknown before warning before ok', () => {
    expect(worstOf([])).toBe('ok');
    expect(worstOf(['ok', 'warning'])).toBe('warning');
    expect(worstOf(['warning', 'unknown', 'ok'])).toBe('unknown');
    expect(worstOf(['unknown', 'critical', 'warning'])).toBe('critical');
  });
});
