import { describe, expect, it } from 'vitest';
import { evaluateMarks } from '../../engine/domain/set/evaluate-marks.ts';
import { type NamedSet, parseSetName, resolveSetName } from '../../engine/domain/set-name.ts';

const ID = '20261122T020000Z-7f3a';
const set = (plan: string, database: string): NamedSet => ({
  ...{ plan, database, id: ID, marks: [], ...evaluateMarks([]) },
  ...{ kind: 'logical', isWhole: true },
});

describe('a set whose id another one has too', () => {
  const sets = [set('nightly', 'clinic'), set('nightly', 'lab'), set('weekly', 'clinic')];

  it('is not guessed, and can be named as the refusal shows it', () => {
    expect(() => resolveSetName(parseSetName(ID), sets)).toThrow(`clinic/nightly/${ID}`);
    expect(resolveSetName(parseSetName(`clinic/nightly/${ID}`), sets)).toBe(sets[0]);
    expect(resolveSetName(parseSetName(`clinic/weekly/${ID}`), sets)).toBe(sets[2]);
  });

  it('is not there under another name', () => {
    expect(() => resolveSetName(parseSetName(`lab/weekly/${ID}`), sets)).toThrow(/no backup set/);
    for (const wrong of [`clinic/${ID}`, `/nightly/${ID}`, `a/b/c/${ID}`])
      expect(() => parseSetName(wrong)).toThrow(/does not name/);
  });
});
