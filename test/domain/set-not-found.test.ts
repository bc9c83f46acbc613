import { describe, expect, it } from 'vitest';
import { closestWord } from '../../engine/config/closest-word.ts';
import { type Searched, setNotFound } from '../../engine/domain/set/set-not-found.ts';
import { parseSetName } from '../../engine/domain/set-name.ts';

const set = (overrides: Partial<Searched['sets'][number]> = {}): Searched['sets'][number] => ({
  id: '20261122T020000Z-7f3a',
  plan: 'nightly',
  database: 'clinic',
  state: 'STORED',
  isReleased: false,
  ...overrides,
});
const ask = (name: string, sets: Searched['sets'], places: Searched['places'] = []) =>
  setNotFound(parseSetName(name), { sets, places });

describe('a set that is not found', () => {
  it('is not hidden by a wrong folder: the path is named, and whether it is there', () => {
    const places = [
      { location: '/mnt/disk/backups', presence: 'absent' },
      { location: '/srv/backups', presence: 'empty' },
    ] as const;
    const { code, message, hint } = ask('latest', [], places);
    expect(code).toBe('SET_NOT_FOUND');
    expect(message).toBe(
      'there are no backup sets in /mnt/disk/backups, which does not exist, nor in /srv/backups, which is empty',
    );
    expect(hint).toContain('its disk is mounted');
  });

  it('names the database, the plan or the id that was probably meant', () => {
    expect(ask('clnic/latest', [set()])).toMatchObject({
      message: 'there is no backup set of a database "clnic"',
      hint: 'Did you mean "clinic"? There are sets of: clinic.',
    });
    expect(ask('clinic/nihgtly/latest', [set()]).hint).toContain('Did you mean "nightly"?');
    expect(ask('20261122T020000Z-7f3b', [set()]).hint).toContain(
      'Did you mean "20261122T020000Z-7f3a"?',
    );
    expect(ask('20200101T000000Z-0000', [set()]).hint).toBe('`holdfast list` shows all sets.');
  });

  it('says that all are SUSPECT, and how to go on', () => {
    const sets = [
      set({ state: 'SUSPECT' }),
      set({ id: '20261123T020000Z-7f3a', state: 'SUSPECT' }),
      set({ id: '20261124T020000Z-7f3a', isReleased: true }),
    ];
    for (const name of ['latest', 'clinic/latest', 'latest-proven']) {
      const { code, message, hint } = ask(name, sets);
      expect(code).toBe('SET_SUSPECT');
      expect(message).toBe(
        'each of the 2 backup sets of clinic is SUSPECT; the newest is 20261123T020000Z-7f3a, taken 2026-11-23 02:00 UTC',
      );
      expect(hint).toContain('`holdfast show 20261123T020000Z-7f3a` says why');
    }
  });

  it('says that none is PROVEN, that all are partial, or that all were released', () => {
    expect(ask('latest-proven', [set({ state: 'CHECKED' })])).toMatchObject({
      message: 'no backup set of clinic is PROVEN',
      hint: expect.stringContaining('holdfast drill clinic'),
    });
    expect(ask('latest', [set()]).message).toBe('no backup set of clinic holds the whole database');
    expect(ask('latest', [set({ isReleased: true })]).message).toBe(
      'retention has released every backup set of clinic',
    );
  });
});

describe('the name that was probably meant', () => {
  it.each([
    ['clinci', 'clinic'],
    ['Clinic', 'clinic'],
    ['clinics', 'clinic'],
    ['bilings', 'billing'],
    ['cl', undefined],
    ['warehouse', undefined],
  ])('of %s is %s', (given, wanted) => {
    expect(closestWord(given, ['clinic', 'billing'])).toBe(wanted);
  });
});
