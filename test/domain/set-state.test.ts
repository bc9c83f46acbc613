import { describe, expect, it } from 'vitest';
import { type NamedSet, parseSetName, resolveSetName } from '../../engine/domain/set-name.ts';
import { catalogOf, markName, parseSetKey } from '../../engine/domain/set-state.ts';

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

  it('is SUSPECT while the newest of suspect and accepted is suspect', () => {
    expect(stateWith(markName('proven', at(3)), markName('suspect', at(4)))?.state).toBe('SUSPECT');
    expect(stateWith(markName('suspect', at(4)), markName('accepted', at(5)))?.state).toBe(
      'STORED',
    );
    expect(
      stateWith(markName('accepted', at(5)), markName('suspect', at(6)), markName('proven', at(7)))
        ?.state,
    ).toBe('SUSPECT');
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
    state: 'STORED',
    isHeld: false,
    isReleased: false,
    marks: [],
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
