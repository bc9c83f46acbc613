import { describe, expect, it } from 'vitest';
import { judgeFreeze } from '../../engine/domain/health/freeze.ts';
import {
  judgeObjectives,
  type ObjectivesOfPlan,
  type PlannedDatabase,
} from '../../engine/domain/health/objectives.ts';
import { undoOverwrite } from '../../engine/domain/restore/undo-overwrite.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const HOUR = 3600;
const nightly: ObjectivesOfPlan = {
  schedule: '0 2 * * *',
  timezone: 'UTC',
  maxAge: undefined,
  contents: 'all',
};

const judge = (overrides: Partial<PlannedDatabase>) =>
  judgeObjectives({
    database: 'clinic',
    repository: 'local',
    plans: { nightly },
    drill: { enabled: true, maxAge: 35 * 24 * HOUR },
    now: new Date('2026-11-22T00:00:00Z'),
    ...overrides,
  }).map(({ plan, verdict, severity, detail }) => [plan, verdict, severity, detail]);

describe('the objectives of a database', () => {
  it('are silent where the plans can reach them', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ plans: { nightly: { ...nightly, maxAge: 26 * HOUR } } })).toEqual([]);
    expect(judge({ plans: { byHand: { ...nightly, schedule: undefined } } })).toEqual([]);
    const rows = { ...nightly, contents: 'data' as const };
    expect(judge({ plans: { nightly, rows } })).toEqual([]);
    expect(judge({ plans: { rows }, drill: { enabled: false, maxAge: HOUR } })).toEqual([]);
  });

  it('warns of what no run can reach', () => {
    expect(judge({ plans: { nightly: { ...nightly, maxAge: 12 * HOUR } } })).toEqual([
      [
        'nightly',
        'unattainable',
        'warning',
        'maxAge is 12 h, and the schedule leaves up to 24 h between two runs',
      ],
    ]);
    expect(judge({ drill: { enabled: true, maxAge: 12 * HOUR } })).toEqual([
      [null, 'unattainable', 'warning', expect.stringMatching(/^drill.maxAge is 12 h, .* 24 h/)],
    ]);
    expect(judge({ plans: { rows: { ...nightly, contents: 'data' } } })).toEqual([
      ['rows', 'unattainable', 'warning', expect.stringMatching(/^keep.atLeast can not be met/)],
    ]);
  });
});

describe('a freeze of retention', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 10, day, 2));
  const suspicions = [{ at: at(20), kind: 'drill' as const, isAccepted: false }];

  it('that stands is a warning with its end, one for each database', () => {
    const frozen = seenSet(at(19), {
      state: 'SUSPECT',
      isFreezing: true,
      suspicions,
      suspectAt: at(20),
    });
    const [finding, ...others] = judgeFreeze([seenSet(at(18)), frozen, seenSet(at(21))], {
      repository: 'local',
    });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      verdict: 'frozen',
      severity: 'warning',
      set: frozen.id,
      detail: expect.stringContaining('keeps 2 sets whatever their age'),
      hint: expect.stringContaining(`holdfast drill --backup ${frozen.id}`),
    });
  });

  it('is none where the suspicion was accepted', () => {
    const accepted = seenSet(at(19), { state: 'SUSPECT', suspectAt: at(20) });
    expect(judgeFreeze([accepted], { repository: 'local' })).toEqual([]);
  });
});

describe('the SQL after an overwrite', () => {
  it('quotes names as the server needs them', () => {
    expect(undoOverwrite({ name: 'My "db"', kept: 'My "db"_replaced_1' })).toEqual({
      undo: 'BEGIN; ALTER DATABASE "My ""db""" RENAME TO "My ""db""_restored"; ALTER DATABASE "My ""db""_replaced_1" RENAME TO "My ""db"""; COMMIT;',
      cleanUp: 'DROP DATABASE "My ""db""_replaced_1";',
    });
  });
});
