import { describe, expect, it } from 'vitest';
import { parseBasicTime } from '../../engine/domain/backup-id.ts';
import { evaluateMarks } from '../../engine/domain/set/evaluate-marks.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import { type NamedSet, parseSetName, resolveSetName } from '../../engine/domain/set-name.ts';
import { catalogOf, parseSetKey } from '../../engine/domain/set-state.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 22, hour));
const PREFIX = 'nightly/clinic/20261122T020000Z-7f3a/';

function stateWith(...marks: string[]) {
  return catalogOf([`${PREFIX}manifest.json`, ...marks.map((mark) => PREFIX + mark)])[0];
}

describe('the state of a set', () => {
  it('is STORED when there is a manifest and nothing else', () => {
    expect(stateWith()).toMatchObject({
      state: 'STORED',
      isHeld: false,
      isReleased: false,
      plan: 'nightly',
      database: 'clinic',
    });
  });

  it('does not exist without a manifest', () => {
    expect(
      catalogOf([`${PREFIX}data.dump.zst.esdk`, `${PREFIX}proven-20261122T030000Z.json`]),
    ).toEqual([]);
  });

  it('grows from CHECKED to PROVEN, and any proven counts', () => {
    expect(stateWith(markName('checked', at(3)))?.state).toBe('CHECKED');
    expect(stateWith(markName('proven', at(4)), markName('checked', at(5)))?.state).toBe('PROVEN');
  });

  const damage = (hour: number) => markName('suspect', at(hour), 'damage');
  const failedDrill = (hour: number) => markName('suspect', at(hour), 'drill');
  const anomaly = (hour: number) => markName('suspect', at(hour), 'anomaly');
  const [checked, proven, accepted] = (['checked', 'proven', 'accepted'] as const).map(
    (mark) => (hour: number) => markName(mark, at(hour)),
  ) as [typeof damage, typeof damage, typeof damage];

  it('is SUSPECT from damage until a later verification, whoever accepts it and whatever a drill says', () => {
    const proof = [checked(1), proven(2)];
    expect(stateWith(...proof, damage(3))).toMatchObject({ state: 'SUSPECT', isFreezing: true });
    expect(stateWith(...proof, damage(3), accepted(4))).toMatchObject({
      state: 'SUSPECT',
      isFreezing: false,
      provenAt: null,
    });
    expect(stateWith(...proof, damage(3), accepted(4), proven(5))?.state).toBe('SUSPECT');
    expect(stateWith(...proof, damage(3), checked(4))?.state).toBe('CHECKED');
    expect(stateWith(...proof, damage(3), checked(4), proven(5))?.state).toBe('PROVEN');
    expect(stateWith(...proof, damage(3), proven(4), checked(5))?.state).toBe('PROVEN');
    expect(stateWith(damage(3), checked(4), damage(5))?.state).toBe('SUSPECT');
  });

  it('is SUSPECT from a failed drill until a later drill passes; reading it back ends nothing', () => {
    expect(stateWith(checked(1), failedDrill(3), checked(4), accepted(5))?.state).toBe('SUSPECT');
    expect(stateWith(checked(1), failedDrill(3), proven(4))?.state).toBe('PROVEN');
  });

  it('is SUSPECT from an anomaly until somebody accepts it, and its earlier proof has ended', () => {
    expect(stateWith(checked(1), anomaly(3), checked(4), proven(5))?.state).toBe('SUSPECT');
    expect(stateWith(checked(1), proven(2), anomaly(3), accepted(4))?.state).toBe('CHECKED');
    expect(stateWith(anomaly(3), accepted(4), proven(5))?.state).toBe('PROVEN');
    expect(stateWith(anomaly(3), accepted(4), anomaly(5))?.state).toBe('SUSPECT');
  });

  it('is SUSPECT from a mark of an older version until its kind is named and then ended', () => {
    const unsaid = markName('suspect', at(3));
    expect(stateWith(unsaid, checked(4), proven(5), accepted(6))).toMatchObject({
      state: 'SUSPECT',
      isFreezing: false,
    });
    expect(stateWith(unsaid, damage(3), checked(4))?.state).toBe('CHECKED');
    expect(stateWith(unsaid, failedDrill(3), checked(4))?.state).toBe('SUSPECT');
  });

  it('takes the suspicion for the later of two marks of one second', () => {
    expect(stateWith(damage(3), checked(3))?.state).toBe('SUSPECT');
    expect(stateWith(anomaly(3), accepted(3))?.state).toBe('SUSPECT');
  });

  it('is SUSPECT for a version that knows no kinds too', () => {
    for (const name of [damage(3), failedDrill(3), anomaly(3)])
      expect(parseBasicTime(name.slice(name.indexOf('-') + 1))).toEqual(at(3));
  });

  it('is SUSPECT again when a hold takes an acceptance back, until it is accepted again', () => {
    const [hold, unhold] = (['hold', 'unhold'] as const).map(
      (mark) => (hour: number) => markName(mark, at(hour)),
    );
    if (hold === undefined || unhold === undefined) throw new Error('a mark is missing');
    const accept = (hour: number) => markName('accepted', at(hour));
    const size = markName('suspect', at(3), 'anomaly');
    const damage = markName('suspect', at(3), 'damage');
    const taken = [accept(4), hold(5)];
    expect(stateWith(size, ...taken)).toMatchObject({ state: 'SUSPECT', isFreezing: true });
    expect(stateWith(damage, ...taken)).toMatchObject({ state: 'SUSPECT', isFreezing: true });
    expect(stateWith(size, ...taken, unhold(6))?.isFreezing).toBe(true);
    expect(stateWith(size, ...taken, accept(6))).toMatchObject({
      ...{ state: 'STORED', isFreezing: false, isHeld: true },
    });
    expect(stateWith(size, hold(3), accept(4))?.state).toBe('STORED');
  });

  it('is held until a younger unhold', () => {
    expect(stateWith(markName('hold', at(3)))?.isHeld).toBe(true);
    expect(stateWith(markName('hold', at(3)), markName('unhold', at(4)))?.isHeld).toBe(false);
    expect(
      stateWith(markName('hold', at(3)), markName('unhold', at(4)), markName('hold', at(5)))
        ?.isHeld,
    ).toBe(true);
  });

  it('passes over keys that are not of a set', () => {
    for (const key of [
      'audit/2026/11/22/x.json',
      'keys/key-file-x.json',
      'nightly/clinic/not-an-id/manifest.json',
      `${PREFIX}a/b`,
    ])
      expect(parseSetKey(key)).toBeUndefined();
  });
});

describe('a set name', () => {
  const set = (overrides: Partial<NamedSet>): NamedSet => ({
    plan: 'nightly',
    database: 'clinic',
    id: '20261122T020000Z-0001',
    marks: [],
    ...evaluateMarks([]),
    kind: 'logical',
    isWhole: true,
    ...overrides,
  });
  const older = set({ id: '20261121T020000Z-0001', state: 'PROVEN' });
  const newer = set({ id: '20261122T020000Z-0001' });
  const resolve = (name: string, sets: NamedSet[]) => resolveSetName(parseSetName(name), sets).id;

  it('latest is the newest whole logical set that is not SUSPECT', () => {
    expect(resolve('latest', [newer, older])).toBe(newer.id);
    expect(resolve('latest', [set({ ...newer, state: 'SUSPECT' }), older])).toBe(older.id);
    expect(resolve('latest', [set({ ...newer, isWhole: false }), older])).toBe(older.id);
    expect(resolve('latest', [set({ ...newer, kind: 'base' }), older])).toBe(older.id);
  });

  it('latest-proven passes over what no drill has proven', () => {
    expect(resolve('latest-proven', [newer, older])).toBe(older.id);
  });

  it('a plan may be named, also one that holds only some tables', () => {
    const partial = set({ plan: 'critical', isWhole: false, id: '20261122T080000Z-0001' });
    expect(resolve('clinic/critical/latest', [newer, partial])).toBe(partial.id);
    expect(resolve('clinic/latest', [newer, partial])).toBe(newer.id);
  });

  it('that fits two databases is ambiguous, and the error lists them', () => {
    const other = set({ database: 'billing' });
    expect(() => resolve('latest', [newer, other])).toThrow(
      expect.objectContaining({
        code: 'SET_AMBIGUOUS',
        message: expect.stringMatching(/clinic.*billing/),
      }),
    );
    expect(resolve('billing/latest', [newer, other])).toBe(other.id);
  });

  it('that fits none says so, and that is not a usage error', () => {
    expect(() => resolve('latest-proven', [newer])).toThrow(
      expect.objectContaining({ code: 'SET_NOT_FOUND' }),
    );
    expect(() => resolve('20200101T000000Z-0000', [newer])).toThrow(
      expect.objectContaining({ code: 'SET_NOT_FOUND' }),
    );
  });

  it('that is no name is a usage error', () => {
    for (const text of ['', 'newest', 'a/b/c/latest', '/latest', '20261122'])
      expect(() => parseSetName(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
