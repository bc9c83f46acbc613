import { describe, expect, it } from 'vitest';
import { selectRelations } from '../../engine/postgres/relations.ts';

describe('a table that a person names', () => {
  const dotted = { schema: 'public', name: 'a.b', oid: 1 };
  const inSchema = { schema: 'a', name: 'b', oid: 2 };

  it('is refused where its name is that of two tables, and the hint says how to name each', () => {
    const both = [dotted, inSchema];
    const refusal = expect.objectContaining({
      code: 'USAGE',
      message: 'a.b names 2 tables: "public"."a.b" and "a"."b"',
      hint: expect.stringContaining(`'"public"."a.b"' for table a.b in schema public`),
    });
    expect(() => selectRelations(both, ['a.b'])).toThrow(refusal);
    expect(selectRelations(both, ['"public"."a.b"'])).toEqual([dotted]);
    expect(selectRelations(both, ['"a.b"'])).toEqual([dotted]);
    expect(selectRelations(both, ['"a"."b"'])).toEqual([inSchema]);
  });

  it.each([[dotted], [inSchema]])('is %j where no other has that name', (table) => {
    expect(selectRelations([table], ['a.b'])).toEqual([table]);
  });
});
