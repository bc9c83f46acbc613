import { describe, expect, it } from 'vitest';
import type { TocEntry } from '../../../engine/domain/archive-toc.ts';
import { postDataPasses } from '../../../engine/domain/restore/post-data-passes.ts';

function entry(dumpId: number, type: string, dependsOn: number[] = []): TocEntry {
  const nothing = { catalogOid: 0, oid: 0, schema: 's', tag: '', owner: '', definition: '' };
  return { ...nothing, dumpId, type, dependsOn };
}

describe('the passes over keys and indexes', () => {
  it('are one where nothing has to wait', () => {
    const toc = [entry(1, 'INDEX'), entry(2, 'FK CONSTRAINT', [1])];
    expect(postDataPasses(toc)).toEqual([{ entries: toc, isAlone: false }]);
  });

  it('keep a comment behind its object, as pg_restore gives it the section of what is before it', () => {
    const toc = [
      entry(1, 'TABLE'),
      entry(2, 'INDEX', [1]),
      entry(3, 'COMMENT', [2]),
      entry(4, 'TRIGGER', [1]),
      entry(5, 'COMMENT', [4]),
      entry(6, 'ROW SECURITY', [1]),
    ];
    const ids = postDataPasses(toc).map(({ entries }) => entries.map(({ dumpId }) => dumpId));
    expect(ids).toEqual([
      [2, 3],
      [1, 4, 5, 6],
    ]);
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
