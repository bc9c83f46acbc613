import { describe, expect, it } from 'vitest';
import type { TocEntry } from '../../engine/domain/archive-toc.ts';
import {
  describeDifferences,
  isLostObject,
  Structure,
} from '../../engine/domain/drill/structure.ts';

function entry(tag: string, part: Partial<TocEntry> = {}): TocEntry {
  return {
    ...{ dumpId: 1, catalogOid: 1259, oid: 1, type: 'VIEW', schema: 'public', tag, owner: 'ada' },
    ...{ definition: `CREATE VIEW ${tag}`, dependsOn: [], ...part },
  };
}

describe('Structure', () => {
  const wanted = new Structure([entry('a'), entry('b'), entry('c')]);

  it.each([
    ['all of it, in another order', [entry('c'), entry('a'), entry('b')], ''],
    ['one less', [entry('a'), entry('b')], 'VIEW c is missing'],
    ['one more', [entry('a'), entry('b'), entry('c'), entry('d')], 'VIEW d is unexpected'],
    [
      'another definition',
      [entry('a'), entry('b'), entry('c', { definition: 'CREATE VIEW c AS x' })],
      'VIEW c is different',
    ],
    [
      'another owner',
      [entry('a'), entry('b'), entry('c', { owner: 'bob' })],
      'VIEW c is missing; VIEW c is unexpected',
    ],
    [
      'another schema, though the joined names are alike',
      [entry('a'), entry('b'), entry('c', { schema: 'public c' })],
      'VIEW c is missing; VIEW "public c".c is unexpected',
    ],
    [
      'the database under another name',
      [
        ...[entry('a'), entry('b'), entry('c')],
        entry('x_drill', { type: 'DATABASE' }),
        entry('DATABASE x_drill', { type: 'COMMENT' }),
      ],
      '',
    ],
  ])('finds of %s what is different', (_what, found, differences) => {
    expect(describeDifferences(wanted.differencesTo(new Structure(found)))).toBe(differences);
  });

  it('passes over what is excepted and missing, and not over what is excepted and different', () => {
    const found = new Structure([entry('a'), entry('b', { definition: 'CREATE VIEW b AS x' })]);
    const excepted = [entry('b'), entry('c')];
    expect(describeDifferences(wanted.differencesTo(found, excepted))).toBe('VIEW b is different');
  });

  it('takes an object that is missing for lost, and a grant that pg_restore leaves out for none', () => {
    const view = { kind: 'missing', entry: entry('a', { type: 'VIEW' }) } as const;
    const grant = { kind: 'missing', entry: entry('a', { type: 'ACL' }) } as const;
    expect([isLostObject(view), isLostObject(grant)]).toEqual([true, false]);
  });
});
