import { describe, expect, it } from 'vitest';
import type { TocEntry } from '../../../engine/domain/archive-toc.ts';
import { postDataPasses } from '../../../engine/domain/restore/post-data-passes.ts';

function entry(dumpId: number, type: string, dependsOn: number[] = []): TocEntry {
  const nothing = { catalogOid: 0, oid: 0, schema: 's', tag: '', owner: '', definition: '' };
  return { ...nothing, dumpId, type, dependsOn };
}

function idsOf(toc: readonly TocEntry[]): number[][] {
  return postDataPasses(toc).map(({ entries }) => entries.map(({ dumpId }) => dumpId));
}

describe('the passes over keys and indexes', () => {
  it('are one where nothing has to wait', () => {
    const toc = [entry(1, 'INDEX'), entry(2, 'FK CONSTRAINT', [1])];
    expect(postDataPasses(toc)).toEqual([{ entries: toc, isAlone: false }]);
  });

  it('keep a comment behind its object', () => {
    const toc = [
      entry(2, 'INDEX', [1]),
      entry(3, 'COMMENT', [2]),
      entry(4, 'TRIGGER', [1]),
      entry(5, 'COMMENT', [4]),
      entry(6, 'ROW SECURITY', [1]),
    ];
    expect(idsOf(toc)).toEqual([
      [2, 3],
      [4, 5, 6],
    ]);
  });

  it('keep the states of inherited triggers behind the triggers, whatever their names are', () => {
    const toc = [
      { ...entry(1, 'TRIGGER'), definition: '\nALTER TABLE s.a DISABLE TRIGGER t;\n' },
      entry(2, 'COMMENT', [1]),
      { ...entry(3, 'TRIGGER'), definition: 'CREATE TRIGGER t AFTER INSERT ON s.b ...' },
      entry(4, 'COMMENT', [3]),
    ];
    expect(idsOf(toc)).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it('keep grants, and views that may need them, behind all that is built over rows', () => {
    const toc = [
      entry(1, 'ACL'),
      entry(2, 'MATERIALIZED VIEW DATA', [1]),
      entry(3, 'INDEX'),
      entry(4, 'DEFAULT ACL'),
      entry(5, 'EVENT TRIGGER'),
    ];
    expect(idsOf(toc)).toEqual([[3], [1, 2, 4], [5]]);
  });

  it('keep a comment on a constraint without an entry, such as an inherited one, behind all', () => {
    const definition = 'COMMENT ON CONSTRAINT low ON s.child IS $$x$$';
    const toc = [
      { ...entry(1, 'COMMENT', [77]), definition },
      entry(2, 'CHECK CONSTRAINT'),
      entry(3, 'COMMENT', [2]),
      entry(4, 'ROW SECURITY'),
    ];
    expect(idsOf(toc)).toEqual([[2, 3], [4], [1]]);
  });

  it('attach indexes one after the other, before what needs them', () => {
    const toc = [
      entry(1, 'INDEX'),
      entry(2, 'INDEX'),
      entry(3, 'INDEX ATTACH', [1, 2]),
      entry(4, 'FK CONSTRAINT', [1, 3]),
      entry(5, 'COMMENT', [4]),
      entry(6, 'TRIGGER', [1]),
    ];
    const passes = postDataPasses(toc).map(({ entries, isAlone }) => ({
      ids: entries.map(({ dumpId }) => dumpId),
      isAlone,
    }));
    expect(passes).toEqual([
      { ids: [1, 2, 6], isAlone: false },
      { ids: [3], isAlone: true },
      { ids: [4, 5], isAlone: false },
    ]);
  });
});
