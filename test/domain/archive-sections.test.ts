import { describe, expect, it } from 'vitest';
import {
  afterRowsIn,
  definitionsIn,
  SECTION,
  type SectionedEntry,
} from '../../engine/domain/archive/sections.ts';

const { none, preData, postData } = SECTION;
const TOC = [
  entry(1, 'TABLE', preData),
  entry(2, 'COMMENT', none, [1]),
  entry(3, 'ACL', none, [1]),
  entry(4, 'COMMENT', none, [1]),
  entry(5, 'INDEX', postData),
  entry(6, 'COMMENT', none, [5]),
  entry(7, 'DEFAULT ACL', postData),
];

function entry(
  dumpId: number,
  type: string,
  section: number,
  dependsOn: number[] = [],
): SectionedEntry {
  const nothing = { catalogOid: 0, oid: 0, schema: 's', tag: '', owner: '', definition: '' };
  return { ...nothing, dumpId, type, section, dependsOn };
}

describe('the sections of an archive', () => {
  it('give a comment to the section of the entry before it, as pg_restore does', () => {
    expect(definitionsIn(TOC).map(({ dumpId }) => dumpId)).toEqual([1, 2, 4]);
  });

  it('leave all grants to the end, after keys and indexes', () => {
    expect(afterRowsIn(TOC).map(({ dumpId }) => dumpId)).toEqual([3, 5, 6, 7]);
  });

  it('leave comments on constraints without an entry, such as inherited ones, to the end', () => {
    const definition = 'COMMENT ON CONSTRAINT low ON s.child IS $$x$$';
    const stray = { ...entry(8, 'COMMENT', none, [1]), definition };
    const own = { ...entry(10, 'COMMENT', none, [9]), definition };
    const toc = [entry(1, 'TABLE', preData), stray, entry(9, 'CHECK CONSTRAINT', preData), own];
    expect(definitionsIn(toc).map(({ dumpId }) => dumpId)).toEqual([1, 9, 10]);
    expect(afterRowsIn(toc)).toEqual([stray]);
  });
});
